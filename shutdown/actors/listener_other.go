//go:build !unix

package actors

// canPoll is false where nobody can be asked whether connections are waiting.
// The listener is closed at once there.
const canPoll = false

func anyWaiting(queue) bool { return false }
