package cells_test

import (
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
)

func TestWidthCountsCellsNotBytes(t *testing.T) {
	for s, want := range map[string]int{
		"":           0,
		"api":        3,
		"Größe":      5,
		"数据库":        6,
		"e\u0301":    1, // an e and a combining acute accent
		"🚀":          2,
		"a\u200bb":   2, // a zero-width space
		"…":          1,
		"━━╸":        3,
		"\ufffd":     1,
		"ﬁnalizer ①": 10,
	} {
		if got := cells.Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestCutNeverExceedsTheWidth(t *testing.T) {
	for _, s := range []string{"", "a", "database", "数据库连接池", "e\u0301e\u0301e\u0301e\u0301", "a数b据"} {
		for n := range 12 {
			got := cells.Cut(s, n)
			if w := cells.Width(got); w > n {
				t.Errorf("Cut(%q, %d) = %q, which is %d wide", s, n, got, w)
			}
			if cells.Width(s) <= n && got != s {
				t.Errorf("Cut(%q, %d) = %q, want it whole", s, n, got)
			}
		}
	}
	if got, want := cells.Cut("database", 5), "data…"; got != want {
		t.Errorf("Cut = %q, want %q", got, want)
	}
	if got, want := cells.Cut("数据库", 4), "数…"; got != want {
		t.Errorf("Cut = %q, want %q", got, want)
	}
}

func TestCleanLeavesNothingThatATerminalObeys(t *testing.T) {
	got := cells.Clean("a\x1b[2Jb\nc\u202ed\xffé")
	if want := "a\ufffd[2Jb\ufffdc\ufffdd\ufffdé"; got != want {
		t.Errorf("Clean = %q, want %q", got, want)
	}
}

func TestPadFillsUpToTheWidth(t *testing.T) {
	if got, want := cells.Pad("数", 4), "数  "; got != want {
		t.Errorf("Pad = %q, want %q", got, want)
	}
	if got, want := cells.Pad("long", 2), "long"; got != want {
		t.Errorf("Pad = %q, want %q", got, want)
	}
}
