package shutdown_test

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A program that logs with slog has the manager's lines in the same place and
// form, by one line.
func ExampleManager_slog() {
	main := func() {
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		shutdown.Default().Slog = slog.Default()
		// then shutdown.Main(run)
	}
	_ = main
}

// Whatever the handler does with attributes and groups, it does with these, too.
func ExampleManager_slogHandler() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTimes})
	m := &shutdown.Manager{Signals: []os.Signal{}, Slog: slog.New(handler).With("app", "shop")}

	m.Register("upload", func(context.Context) error { return errors.New("disk full") })
	m.Stop(nil)
	_ = m.Run(context.Background())
	// Output:
	// level=INFO msg=stopping app=shop cause="shutdown: stop requested" grace=9000 pending=1
	// level=ERROR msg=failed app=shop kind=finalizer name=upload error="disk full"
	// level=ERROR msg="stopped, not everything went well" app=shop cause="shutdown: stop requested" status=1 ok=0 failed=1 kind=finalizer name=upload
}

// withoutTimes makes the output of the example the same every time.
func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "took", "site":
		return slog.Attr{}
	}
	return a
}
