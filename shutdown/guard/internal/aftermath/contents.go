package aftermath

const (
	magic   = "lastcall-guard"
	version = 1 // of the format; one that is newer is refused, and left as it is
)

// An Owner is the process to which a journal belongs.
type Owner struct {
	PID       int
	Start     string // when it began, in whatever unit; empty if that is not known here
	Boot      string // of the machine
	Namespace string // in which its numbers of processes mean something
	Program   string
}

// An Entry is a clean-up in a journal that has not been released.
type Entry struct {
	ID      uint64
	Since   uint64 // seconds since 1970
	Cleanup Cleanup
	Failure string // what the last reader that tried it said
}

// Contents are what a journal says.
type Contents struct {
	Version  uint64
	Owner    Owner
	Pending  []Entry // in the order of their registration
	Voided   int     // entries that a damaged line behind them may have released
	Damaged  bool
	Settling bool // a reader has begun
	whole    int  // bytes up to the end of the last whole line
}

// AppendOwner appends the line that a journal begins with.
func AppendOwner(dst []byte, o Owner) []byte {
	return appendLine(dst, kindOwner, magic, decimal(version), decimal(uint64(o.PID)), o.Start, o.Boot, o.Namespace, o.Program)
}

// AppendRegister appends the line that registers e.
func AppendRegister(dst []byte, e Entry) []byte {
	fields := make([]string, 0, 8)
	fields = append(fields, decimal(e.ID), decimal(e.Since), string(e.Cleanup.Verb))
	return appendLine(dst, kindRegister, append(fields, e.Cleanup.Args...)...)
}

// AppendRelease appends the line that releases the entry with that number.
func AppendRelease(dst []byte, id uint64) []byte { return appendLine(dst, kindRelease, decimal(id)) }

// AppendFailure appends the line that says why an entry could not be carried out.
func AppendFailure(dst []byte, id uint64, err error) []byte {
	const enough = 500
	said := err.Error()
	if len(said) > enough {
		said = said[:enough]
	}
	return appendLine(dst, kindFailure, decimal(id), said)
}

// Parse reads a journal. Nothing comes out of it that was not written:
//
//   - What follows the last newline is ignored. Whoever wrote it was killed
//     before the call returned.
//   - A line that is damaged may have been a release. So everything that was
//     registered before it is void, and counted; what comes after it is not
//     concerned.
//   - Without its first line, nothing is known of it.
func Parse(data []byte) Contents {
	p := parser{at: map[uint64]int{}}
	for first := true; ; first = false {
		end := p.whole
		for end < len(data) && data[end] != '\n' {
			end++
		}
		if end == len(data) {
			break
		}
		line := data[p.whole:end]
		p.whole = end + 1
		if first && !p.owner(line) {
			break
		}
		if !first && !p.line(line) {
			p.void()
		}
	}
	p.Pending = p.unreleased()
	return p.Contents
}

// A parser is what is known at some line of a journal.
type parser struct {
	Contents
	entries []Entry        // released ones have no verb
	at      map[uint64]int // where in entries
	last    uint64         // the highest number so far
}

// owner reads the first line, and reports whether the others can be read.
func (p *parser) owner(line []byte) bool {
	kind, f, ok := parseLine(line)
	if !ok || kind != kindOwner || len(f) < 2 || f[0] != magic {
		p.Damaged = true
		return false
	}
	if p.Version, ok = number(f[1]); ok && p.Version > version {
		return false
	}
	if !ok || len(f) < 7 {
		p.Damaged = true
		return false
	}
	pid, ok := number(f[2])
	p.Owner = Owner{int(pid), f[3], f[4], f[5], f[6]}
	p.Damaged = !ok
	return ok
}

// line reads any other, and reports whether it is whole.
func (p *parser) line(line []byte) bool {
	kind, f, ok := parseLine(line)
	if !ok {
		return false
	}
	if kind == kindReader {
		p.Settling = true
		return true
	}
	if len(f) < 1 {
		return false
	}
	id, ok := number(f[0])
	if !ok {
		return false
	}
	i, known := p.at[id]
	switch kind {
	case kindRegister:
		return p.register(id, f)
	case kindRelease:
		if known {
			p.entries[i].Cleanup = Cleanup{}
			delete(p.at, id)
		}
		return true
	case kindFailure:
		if known && len(f) > 1 {
			p.entries[i].Failure = f[1]
		}
		return true
	}
	return false
}

func (p *parser) register(id uint64, f []string) bool {
	if len(f) < 3 || id <= p.last {
		return false
	}
	since, ok := number(f[1])
	if !ok {
		return false
	}
	p.last = id
	p.at[id] = len(p.entries)
	p.entries = append(p.entries, Entry{ID: id, Since: since, Cleanup: Cleanup{Verb(f[2]), f[3:]}})
	return true
}

func (p *parser) void() {
	p.Damaged = true
	p.Voided += len(p.at)
	clear(p.at)
	p.entries = nil
}

func (p *parser) unreleased() (pending []Entry) {
	for _, e := range p.entries {
		if e.Cleanup.Verb != "" {
			pending = append(pending, e)
		}
	}
	return pending
}
