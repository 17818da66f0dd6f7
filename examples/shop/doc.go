// Shop has something to see when it stops: two workers, an order in hand, a
// service, an upload that fails. Start it, press Ctrl-C, and look at the
// terminal:
//
//	go run ./examples/shop
//	HANG=1 go run ./examples/shop                    # one part never ends
//	SHUTDOWN_REPORT=stop.html go run ./examples/shop # a picture of the stop
//
// What it says is explained in docs/observing.md. It does nothing real and opens
// nothing. For a program that does, see cmd/demo.
package main
