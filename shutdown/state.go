package shutdown

// A State is where a [Manager] is in the course of its life. It only ever
// grows.
type State uint8

const (
	Idle       State = iota // before Run
	Running                 // the actors run
	Draining                // asked to stop by SIGTERM; not ready any more, still serving
	Stopping                // contexts cancelled and actors interrupted; waiting for actors and holds
	Finalizing              // finalizers, background services and resources end, newest first
	Stopped                 // over
)

var stateNames = [...]string{"idle", "running", "draining", "stopping", "finalizing", "stopped"}

func (s State) String() string { return nameOf(stateNames[:], s) }

// MarshalText returns the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// nameOf is names[i], or something that shows a value that has no name.
func nameOf[I ~uint8](names []string, i I) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "unknown"
}
