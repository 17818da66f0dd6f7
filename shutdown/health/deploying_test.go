package health_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// A row of the table of graces and drains: limit, before, grace, drain, left.
var row = regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \| (\d+) \| (\d+) \| (\w+) \| (\w+) \| ([\d.]+) \|$`)

func TestTheNumbersInTheDocumentationAddUp(t *testing.T) {
	text, err := os.ReadFile("../../docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllStringSubmatch(string(text), -1)
	if len(rows) < 10 {
		t.Fatalf("found %d rows, want the table", len(rows))
	}
	for _, cells := range rows {
		where, limit, before := cells[1], seconds(t, cells[2]+"s"), seconds(t, cells[3]+"s")
		grace, drain := seconds(t, cells[4]), seconds(t, cells[5])
		margin := 2.0
		if limit <= 10 {
			margin = 1
		}
		if before+grace+margin > limit {
			t.Errorf("%s: before %v + grace %v + margin %v > limit %v", where, before, grace, margin, limit)
		}
		if drain > grace/2 {
			t.Errorf("%s: the drain of %v is more than half of the grace of %v", where, drain, grace)
		}
		left, err := strconv.ParseFloat(cells[6], 64)
		if err != nil || math.Abs(left-(0.8*grace-drain)) > 1e-9 {
			t.Errorf("%s: %s s left for requests, want %.1f", where, cells[6], 0.8*grace-drain)
		}
	}
}

func seconds(t *testing.T, duration string) float64 {
	t.Helper()
	d, err := time.ParseDuration(duration)
	if err != nil {
		t.Fatal(err)
	}
	return d.Seconds()
}
