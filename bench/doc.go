// Package bench measures lastcall against what a program would use instead, in
// one run on one machine. It is a module of its own, so that its peers never
// reach the go.mod of a user.
//
// The benchmarks are named for benchstat: what is measured, and then key=value
// pairs, of which impl is whose it is.
//
//	go test -bench Register
//	benchstat -col /impl run.txt
//
// The script run does all of it and table makes the tables and the plot of it;
// see README.md.
package bench
