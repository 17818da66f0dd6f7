package aftermath

import (
	"bytes"
	"slices"
	"testing"
)

// written is a journal with some of everything, and what is pending after each
// of its lines.
func written() (journal []byte, ends []int, pending [][]uint64) {
	owner := Owner{4711, "88213", "boot", "pid:[4026531836]", "/usr/bin/a shop\n"}
	var live []uint64
	add := func(j []byte) {
		journal = j
		ends, pending = append(ends, len(j)), append(pending, slices.Clone(live))
	}
	add(AppendOwner(nil, owner))
	for id := uint64(1); id <= 8; id++ {
		live = append(live, id)
		add(AppendRegister(journal, Entry{id, 1764052800, cleanupNumber(id), ""}))
		if id%2 == 0 {
			live = slices.DeleteFunc(live, func(l uint64) bool { return l == id-1 })
			add(AppendRelease(journal, id-1))
		}
		if id == 4 {
			add(AppendFailure(journal, 2, text("no\nway")))
		}
	}
	return journal, ends, pending
}

func cleanupNumber(id uint64) Cleanup {
	return []Cleanup{
		{Remove, []string{"/tmp/a file\nwith % \xff"}},
		{RemoveAll, []string{"/var/lib/shop/work"}},
		{EndGroup, []string{"123", "456", "mark"}},
		{Run, []string{"/", "/bin/sh", "sh", "-c", "", "echo  x"}},
	}[id%4]
}

func ids(entries []Entry) (ids []uint64) {
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestParse_readsWhatWasWritten(t *testing.T) {
	journal, _, pending := written()
	c := Parse(journal)
	if got, want := ids(c.Pending), pending[len(pending)-1]; !slices.Equal(got, want) {
		t.Errorf("Parse() has %v pending, want %v", got, want)
	}
	if c.Damaged || c.Owner.Program != "/usr/bin/a shop\n" || c.Pending[0].Failure != "no\nway" {
		t.Errorf("Parse() = %+v, want the owner and the failure as they were written", c)
	}
	for _, e := range c.Pending {
		if want := cleanupNumber(e.ID); e.Cleanup.Verb != want.Verb || !slices.Equal(e.Cleanup.Args, want.Args) {
			t.Errorf("Parse() = %q, want %q", e.Cleanup, want)
		}
	}
}

func TestParse_cutAnywhereIsTheStateAtTheLastWholeLine(t *testing.T) {
	journal, ends, pending := written()
	for cut := range len(journal) + 1 {
		line := 0
		for line < len(ends) && ends[line] <= cut {
			line++
		}
		var want []uint64
		if line > 0 {
			want = pending[line-1]
		}
		if got := ids(Parse(journal[:cut]).Pending); !slices.Equal(got, want) {
			t.Errorf("cut at %d, %v is pending, want %v", cut, got, want)
		}
	}
}

// A byte that has changed may hide anything in its line, but not more.
func TestParse_aChangedByteNeverRevivesWhatWasReleased(t *testing.T) {
	journal, _, pending := written()
	last := pending[len(pending)-1]
	for at := range journal {
		for _, flip := range []byte{1, 0x20, 0x80, journal[at] ^ '\n', journal[at]} {
			damaged := bytes.Clone(journal)
			damaged[at] ^= flip
			if bytes.Equal(damaged, journal) {
				continue
			}
			for _, e := range Parse(damaged).Pending {
				// A last line without its newline counts as not written.
				if tail := at == len(journal)-1 && e.ID == 7; !tail && !slices.Contains(last, e.ID) {
					t.Fatalf("byte %d changed by %#x: %d is pending, and was released", at, flip, e.ID)
				}
			}
		}
	}
}

func TestParse_refusesANewerVersion(t *testing.T) {
	j := appendLine(nil, kindOwner, magic, "2", "in a form that we do not know")
	j = AppendRegister(j, Entry{1, 0, Cleanup{RemoveAll, []string{"/x"}}, ""})
	if c := Parse(j); c.Version != 2 || len(c.Pending) != 0 || c.Damaged {
		t.Errorf("Parse() = %+v, want version 2, undamaged, and nothing pending", c)
	}
}

// FuzzParse: nothing comes out that does not stand there, word for word, with a
// checksum that is right; and what a whole line releases is not pending.
func FuzzParse(f *testing.F) {
	journal, ends, _ := written()
	f.Add(journal)
	for _, end := range ends {
		f.Add(journal[:end])
		f.Add(slices.Concat(journal[:end], []byte("\x00\x00\n"), journal[end:]))
		f.Add(slices.Concat(journal[:end/2], journal[end:]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, e := range Parse(data).Pending {
			if line := AppendRegister(nil, Entry{e.ID, e.Since, e.Cleanup, ""}); !bytes.Contains(data, line) {
				t.Errorf("%d, %q, is pending, and was not written", e.ID, e.Cleanup)
			}
			if release := AppendRelease(nil, e.ID); bytes.Contains(data, append([]byte("\n"), release...)) &&
				bytes.Index(data, release) > bytes.Index(data, AppendRegister(nil, Entry{e.ID, e.Since, e.Cleanup, ""})) {
				t.Errorf("%d is pending, and was released", e.ID)
			}
			if e.Cleanup.Valid() && (e.Cleanup.Verb == Remove || e.Cleanup.Verb == RemoveAll) && !removable(e.Cleanup.Args[0]) {
				t.Errorf("%q would be carried out", e.Cleanup)
			}
		}
	})
}
