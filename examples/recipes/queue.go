//go:build !js

package recipes

import (
	"context"

	"github.com/hibiken/asynq"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// consume takes records until the stop begins, and finishes those it has taken.
func consume(ctx context.Context, client *kgo.Client, handle func(context.Context, *kgo.Record) error) error {
	work := shutdown.Work(ctx) // outlives ctx, for what is in hand
	for ctx.Err() == nil {
		batch := client.PollRecords(ctx, 100) // with ctx: nothing new once the stop has begun
		for _, record := range batch.Records() {
			if err := handle(work, record); err != nil {
				return err
			}
		}
		if err := client.CommitUncommittedOffsets(work); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// jobs returns an actor that works on what asynq has queued. What is not done
// when the actors' time is up goes back to the queue.
func jobs(redis asynq.RedisConnOpt, handler asynq.Handler) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		limit := shutdown.WorkTime(ctx) * 9 / 10 // it needs some itself, to put back what it has
		server := asynq.NewServer(redis, asynq.Config{ShutdownTimeout: limit, LogLevel: asynq.ErrorLevel})
		if err := server.Start(handler); err != nil { // not Run, which takes the signals for itself
			return err
		}
		<-ctx.Done()
		server.Shutdown()
		return nil
	}
}
