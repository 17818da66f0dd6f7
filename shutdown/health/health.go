// Package health answers probes: http.Handlers that say whether a program is
// ready for more work and whether it is alive.
//
// # Which of the two
//
// Give [Ready] to a balancer that asks the program itself and believes nobody
// else: HAProxy, nginx Plus, an AWS target group, Consul. From the first cause of a
// stop on it answers 503, the balancer turns away, and [shutdown.Manager.Drain]
// is the time that it has for that.
//
// Give [Live] to Kubernetes, as livenessProbe and, if nothing else makes the
// program unready, as readinessProbe too. Kubernetes does not ask a probe
// whether a pod is ending: it knows, and takes the pod's endpoint out of use
// at the same time as it sends SIGTERM. What a probe that fails from then on
// changes is only this: while a Service has no other endpoint left,
// kube-proxy sends to terminating ones that still answer ready, as a last
// resort (KEP-1669), and a probe that fails takes that away, with the requests
// of those moments. Ready there costs a single replica its last requests and
// makes a false alarm of every deploy. Programs that are unready for reasons of
// their own (a cold cache) combine that reason with Live.
//
// A liveness probe must never fail because of a stop: it would have the
// program killed while it finishes its work.
package health

import (
	"io"
	"net/http"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Ready returns a handler that answers 200 while m is Running and 503
// otherwise: before Run, and from the first cause of a stop on, Draining
// included. The body is the state's name. It panics if m is nil.
//
// It can only answer while something serves it: behind
// [github.com/seed7e043c35/lastcall/shutdown/actors.HTTP] that is until the
// drain is over, and from then on connections are refused, which balancers take
// for the same answer.
func Ready(m *shutdown.Manager) http.Handler {
	must(m, "Ready")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		state := m.State()
		status := http.StatusServiceUnavailable
		if state == shutdown.Running {
			status = http.StatusOK
		}
		answer(w, status, state)
	})
}

// Live returns a handler that always answers 200: whoever gets the answer has
// seen that the program is alive. A stop does not change that. The body is the
// name of m's state. It panics if m is nil.
func Live(m *shutdown.Manager) http.Handler {
	must(m, "Live")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, m.State())
	})
}

func must(m *shutdown.Manager, function string) {
	if m == nil {
		panic("health: " + function + ": nil manager")
	}
}

func answer(w http.ResponseWriter, status int, state shutdown.State) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // yesterday's answer is worth nothing
	w.WriteHeader(status)
	_, _ = io.WriteString(w, state.String()+"\n") // the prober may have gone: no matter
}
