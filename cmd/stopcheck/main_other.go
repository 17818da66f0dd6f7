//go:build !unix

// Stopcheck tests from outside how a program stops. It needs the signals and
// process groups of a Unix.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "stopcheck: needs a Unix (Linux, macOS, BSD): this system has no signals to stop a program with;"+
		" in WSL or a Linux container it works")
	os.Exit(3)
}
