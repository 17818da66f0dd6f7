//go:build !windows

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "service: there are Windows services on Windows only")
	os.Exit(2)
}
