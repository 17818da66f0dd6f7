//go:build !unix

package signals

import "os"

// Name returns the name of sig as kill(1) spells it, with SIG in front:
// "SIGTERM"; empty if it has none.
func Name(sig os.Signal) string {
	if sig == nil {
		return ""
	}
	return names[sig.String()]
}

// names are by what package syscall calls the signals, in the same words on every
// system.
var names = map[string]string{
	"hangup": "SIGHUP", "interrupt": "SIGINT", "quit": "SIGQUIT", "killed": "SIGKILL", "kill": "SIGKILL", "terminated": "SIGTERM",
}
