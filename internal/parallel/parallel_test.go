package parallel_test

import (
	"flag"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/seed7e043c35/lastcall/internal/parallel"
)

const many = 40 // more than there are processors on most machines

func TestMain(m *testing.M) {
	parallel.AtLeast(many)
	os.Exit(m.Run())
}

// Each of the tests waits for all others.
func TestAtLeast_soManyTestsWaitTogether(t *testing.T) {
	if got := flag.Lookup("test.parallel").Value.String(); got != strconv.Itoa(many) {
		t.Skipf("-parallel %s was asked for", got)
	}
	var all sync.WaitGroup
	all.Add(many)
	for range many {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			all.Done()
			all.Wait()
		})
	}
}
