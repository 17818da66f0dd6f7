package systemd

import (
	"fmt"
	"strings"

	"github.com/seed7e043c35/lastcall/shutdown"
)

// Reload calls reload and returns what it returns, and tells systemd when it
// begins and when it is over: "systemctl reload" of a unit with
// Type=notify-reload waits for that. A reload that fails is over as well;
// systemd shows its error as the unit's status. So is one that panics.
//
// Reloads may overlap; the program is ready again when the last is over. Before
// the program is ready and once its stop has begun, reload is called and
// systemd is told nothing. A program whose manager has a Reload of its own needs none of
// this: the notifier hears of it. Reload panics if reload is nil.
func (n *Notifier) Reload(reload func() error) error {
	if reload == nil {
		panic("systemd: Reload: the function is nil")
	}
	n.beginReload()
	text := "reload did not return"
	defer func() { n.endReload(text) }()
	err := reload()
	text = reloaded(err)
	return err
}

// reloaded is the unit's status after a reload that returned err.
func reloaded(err error) string {
	if err != nil {
		return "reload failed: " + strings.TrimPrefix(err.Error(), `shutdown: hold "reload": `)
	}
	return "running"
}

// beginReload gives the time as systemd asks for it: by the monotonic clock,
// and in the same message, so that it takes no earlier one for this.
func (n *Notifier) beginReload() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reloads++
	if n.state == shutdown.Running {
		n.postLocked(lines("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds())))
	}
}

func (n *Notifier) endReload(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reloads--
	if n.state == shutdown.Running && n.reloads == 0 {
		n.postLocked(lines("READY=1", "STATUS="+strings.ReplaceAll(text, "\n", "; ")))
	}
}
