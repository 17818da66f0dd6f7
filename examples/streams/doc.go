// Package streams shows how handlers that live for as long as a stream does end
// with the program: WebSockets by github.com/coder/websocket and by
// github.com/gorilla/websocket, and server-sent events.
//
// The context of a request outlives the beginning of a stop, so that requests
// can be finished. A stream is not finished by waiting: a handler that watches
// nothing else makes every deploy take four fifths of the grace, after which it
// is cut, and the exit status is 1. So each of these watches the manager's
// Context, too, says goodbye in the way of its protocol, and returns.
//
// It is a module of its own, so that no user of the library gets to see the
// WebSocket libraries. Copy what you need.
package streams
