package progress

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/internal/cells"
)

// A screen is a terminal that remembers what has scrolled out at its top, and
// shows that as well.
type screen struct {
	mu            sync.Mutex
	width, height int
	rows          []string
	x, y          int
	top           int // the first row that the cursor can reach
	savedX        int
	savedY        int
	writes        int
	halted        chan struct{} // if not nil: writes wait until it is closed
	background    bool
}

func newScreen(width, height int) *screen {
	return &screen{width: width, height: height, rows: []string{""}}
}

// display returns a display on s.
func (s *screen) display() *Display {
	return &Display{out: s, terminal: &terminal{
		measure: func() (int, int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.width, s.height
		},
		foreground: func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return !s.background
		},
	}}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	halted := s.halted
	s.mu.Unlock()
	if halted != nil {
		<-halted
		return 0, io.ErrClosedPipe
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	for text := string(p); text != ""; {
		text = s.next(text)
	}
	return len(p), nil
}

// next obeys what text begins with and returns the rest.
func (s *screen) next(text string) string {
	switch {
	case strings.HasPrefix(text, "\x1b["):
		end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' }) + 2
		s.obey(text[end], text[2:end])
		return text[end+1:]
	case text[0] == '\r':
		s.x = 0
	case text[0] == '\n':
		s.x = 0 // as the line discipline of a terminal has it
		s.down()
	case strings.HasPrefix(text, index):
		s.down()
		return text[len(index):]
	case strings.HasPrefix(text, save):
		s.savedX, s.savedY = s.x, s.y-s.top
		return text[len(save):]
	case strings.HasPrefix(text, restore):
		s.x, s.y = s.savedX, s.savedY+s.top
		return text[len(restore):]
	default:
		r := []rune(text)[0]
		s.print(r)
		return text[len(string(r)):]
	}
	return text[1:]
}

// down moves the cursor a row down; at the bottom everything moves up instead.
func (s *screen) down() {
	s.y++
	for s.y >= len(s.rows) {
		s.rows = append(s.rows, "")
	}
	s.top = max(s.top, s.y-s.height+1)
}

func (s *screen) obey(command byte, argument string) {
	row := []rune(s.rows[s.y])
	switch command {
	case 'A':
		n, _ := strconv.Atoi(argument)
		s.y = max(s.top, s.y-n)
	case 'K':
		s.rows[s.y] = string(row[:min(s.x, len(row))])
	case 'J':
		s.rows[s.y] = string(row[:min(s.x, len(row))])
		s.rows = s.rows[:s.y+1]
	}
}

func (s *screen) print(r rune) {
	if s.x >= s.width {
		s.next("\n")
	}
	row := []rune(s.rows[s.y])
	for len(row) <= s.x {
		row = append(row, ' ')
	}
	row[s.x] = r
	s.rows[s.y] = string(row)
	s.x++
}

// resize makes s narrower or wider, and breaks the lines that are too long.
func (s *screen) resize(width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.width = width
	var rows []string
	for i, row := range s.rows {
		if i == s.y {
			s.y = len(rows)
		}
		for cells.Width(row) > width {
			rows = append(rows, string([]rune(row)[:width]))
			row = string([]rune(row)[width:])
		}
		rows = append(rows, row)
	}
	s.rows = rows
}

// String returns what the screen shows.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimRight(strings.Join(s.rows, "\n"), "\n")
}

func (s *screen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// cursorAt fails the test unless that is where the cursor is.
func (s *screen) cursorAt(t *testing.T, x, y int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x != x || s.y != y {
		t.Errorf("the cursor is at %d,%d of %q, want %d,%d", s.x, s.y, s.rows, x, y)
	}
}

// atPrompt fails the test unless the cursor is at the beginning of an empty
// row, the last one.
func (s *screen) atPrompt(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.x != 0 || s.y != len(s.rows)-1 || s.rows[s.y] != "" {
		t.Errorf("the cursor is at %d,%d of %q, want the beginning of an empty last row", s.x, s.y, s.rows)
	}
}
