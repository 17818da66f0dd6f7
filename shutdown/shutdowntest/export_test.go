package shutdowntest

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// Attempt is Run without the failure of a test that nobody stops.
func Attempt(t *testing.T, run func(ctx context.Context) error) (res *Result, impatient bool) {
	res = attempt(t, run, nil)
	return res, res.impatient
}

// Complaints returns what check, which is one of r's methods, would have told
// the test.
func (r *Result) Complaints(check func()) string {
	c := &complaints{}
	t := r.t
	r.t = c
	check()
	r.t = t
	return c.String()
}

type complaints struct{ strings.Builder }

func (c *complaints) Helper() {}
func (c *complaints) Errorf(format string, args ...any) {
	fmt.Fprintf(c, format+"\n", args...)
}
