// Nothing is idle, and dies of SIGTERM: what no program can do without.
package main

import "github.com/seed7e043c35/lastcall/bench/programs/parent"

func main() {
	parent.Ready("")
	parent.Wait()
}
