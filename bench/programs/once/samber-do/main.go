// Samber-do stops once: one service.
package main

import (
	"context"

	"github.com/samber/do/v2"

	"github.com/seed7e043c35/lastcall/bench/programs/parent"
)

func main() {
	injector := do.New()
	do.ProvideNamedValue(injector, "service", new(service))
	parent.Stop(func() error {
		if report := injector.Shutdown(); !report.Succeed {
			return report
		}
		return nil
	})
}

type service struct{ _ int }

func (*service) Shutdown(context.Context) error { return nil }
