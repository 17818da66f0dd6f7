// Package clock tells how much CPU time a process has taken. On machines that
// are shared with others it says more than the time that has passed.
package clock
