// Service is a program that Windows runs as a service: its control manager asks
// for the stop, and hears how it went. Started by a person it is a program like
// any other, which Ctrl-C ends.
package main

import (
	"context"
	"log"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows/svc"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func main() {
	service, err := svc.IsWindowsService()
	if err != nil {
		log.Fatal(err)
	}
	if !service {
		shutdown.Main(run)
	}
	// No signals: a service has no console, and what Windows sends to one at a
	// log-off is not meant for it.
	m := &shutdown.Manager{Grace: grace, Signals: []os.Signal{}}
	m.Go("run", run)
	if err := svc.Run("lastcall-example", handler{m}); err != nil {
		log.Fatal(err)
	}
}

// grace is inside the 10 s that Windows 10 and later wait for a service that
// accepts the notice of a shutdown (SERVICE_PRESHUTDOWN_INFO).
const grace = 9 * time.Second

func run(ctx context.Context) error {
	shutdown.Finally(ctx, "store", func() { log.Print("store closed") })
	<-ctx.Done() // serve
	return nil
}

// A handler stands between the control manager and ours.
type handler struct{ manager *shutdown.Manager }

// Execute runs the service. A stop is passed on as SIGTERM, which is followed by
// a drain if one is set: the limit of a closed console is not one of a call.
func (h handler) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	result := make(chan error, 1)
	go func() { result <- h.manager.Run(context.Background()) }() // ends within the grace of a stop
	status <- svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptPreShutdown}
	for {
		select {
		case request := <-requests:
			switch request.Cmd {
			case svc.Interrogate:
				status <- request.CurrentStatus
			case svc.Stop, svc.PreShutdown:
				status <- svc.Status{State: svc.StopPending, WaitHint: uint32((grace + time.Second).Milliseconds())}
				h.manager.Signal(syscall.SIGTERM)
			}
		case err := <-result:
			code := uint32(shutdown.ExitCode(err))
			return code != 0, code // the control manager shows it as the service's own
		}
	}
}
