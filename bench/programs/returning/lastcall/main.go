// Lastcall has nothing to do, under shutdown.Main.
package main

import (
	"context"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() { shutdown.Main(func(context.Context) error { return nil }) }
