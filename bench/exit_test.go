package bench_test

import (
	"os/exec"
	"testing"

	"github.com/seed7e043c35/lastcall/shutdown/shutdowntest"
)

// BenchmarkExit is the life of a program that has nothing to do, from its start
// until it is gone: what a command-line tool pays each time. It is built with
// cgo, if there is a C compiler, and without.
func BenchmarkExit(b *testing.B) {
	for _, cgo := range []string{"0", "1"} {
		for _, impl := range []string{"lastcall", "zerolog", "recipe", "nothing"} {
			b.Run("cgo="+cgo+"/impl="+impl, func(b *testing.B) {
				if _, err := exec.LookPath("gcc"); cgo == "1" && err != nil {
					b.Skip("there is no C compiler: programs with cgo are not measured")
				}
				path := builtFrom(b, "./programs/returning/"+impl, "returning-"+impl+"-"+cgo, "CGO_ENABLED="+cgo)
				measure(b, func() cost {
					cmd := exec.Command(path)
					took := shutdowntest.Exec(b, cmd).Wait().Took
					return cost{took, cpuOf(cmd.ProcessState)}
				})
			})
		}
	}
}
