// A program with package flag, a configuration file and slog.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() {
	file := flag.String("config", "", "JSON `file`")
	grace := flag.Duration("grace", shutdown.DefaultGrace, "how long a stop may take")
	flag.Parse()
	c, err := load(*file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(2) // nothing has been opened yet
	}
	m := shutdown.Default()
	m.Grace = *grace
	m.Slog = slog.New(slog.NewJSONHandler(os.Stderr, nil)) // the program's own log
	shutdown.Main(func(ctx context.Context) error { return run(ctx, c) })
}

type config struct{ Every time.Duration }

// load reads a configuration file; an empty name means none.
func load(file string) (c config, err error) {
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

func run(ctx context.Context, _ config) error {
	fmt.Println("ready", shutdown.FromContext(ctx).Report().Grace) // what SHUTDOWN_GRACE says, if it is set
	<-ctx.Done()
	return nil
}
