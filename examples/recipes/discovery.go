package recipes

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// A registry is where others look for this program: Consul, etcd, a balancer.
type registry interface {
	Register(ctx context.Context) error
	Deregister(ctx context.Context) error
}

// announce registers the program and takes that back at the first sign of a
// stop, while everything still serves: that is what the drain is for.
func announce(ctx context.Context, r registry) error {
	if err := r.Register(ctx); err != nil {
		return err
	}
	m := shutdown.FromContext(ctx)
	m.Go("registration", func(ctx context.Context) error {
		<-m.Draining()
		return r.Deregister(shutdown.Work(ctx))
	})
	return nil
}

// activated returns the sockets that systemd has opened for this process.
// See sd_listen_fds(3). They stay open while the program is restarted, so that
// nobody who connects meanwhile is refused.
func activated() (listeners []net.Listener, err error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, nil
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil {
		return nil, fmt.Errorf("LISTEN_FDS: %w", err)
	}
	for fd := 3; fd < 3+n; fd++ {
		f := os.NewFile(uintptr(fd), "socket "+strconv.Itoa(fd))
		ln, err := net.FileListener(f) // a duplicate
		f.Close()
		if err != nil {
			return nil, err
		}
		listeners = append(listeners, ln)
	}
	return listeners, nil
}
