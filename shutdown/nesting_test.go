package shutdown

import (
	"testing"
)

// Two managers that are each run in a context of the other, at the same time, would
// look for a value round and round: whoever comes second is refused.
func TestManagers_lieInsideOfEachOtherOnlyOneWay(t *testing.T) {
	a, b, c := new(Manager), new(Manager), new(Manager)
	if !a.liesIn(b) || !b.liesIn(c) {
		t.Error("who lies in another was refused")
	}
	if c.liesIn(a) || b.liesIn(b) {
		t.Error("who lies in himself was let in")
	}
	if !c.liesIn(nil) {
		t.Error("who lies in nobody was refused")
	}
}
