package recipes

import (
	"context"

	"github.com/robfig/cron/v3"
)

// timetable returns an actor that starts the entries of c when they are due,
// until the stop begins, and waits for those that are running.
func timetable(c *cron.Cron) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		c.Start()
		<-ctx.Done()
		<-c.Stop().Done() // Stop does not wait; the context that it returns does
		return nil
	}
}
