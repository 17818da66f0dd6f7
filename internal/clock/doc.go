// Package clock knows how the time of a stop is divided, and tells it: a
// [Budget] is the division, a [Slot] the part of it that one thing has, and a
// [Clock] says what they are now, for they change when the stop is forced, when
// the process has been paused, and when somebody else's time ends earlier.
//
// It takes no lock and calls nobody, so that it can be asked anywhere.
package clock
