package shutdowntest

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
)

// labelled returns the stacks of the goroutines with a label, as a profile has
// them: each once, with how many there are. Goroutines have the labels of
// whoever started them.
func labelled(label, value string) (stacks []string) {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a Buffer never fails
	wanted := fmt.Sprintf("%q:%q", label, value)
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		head, stack, _ := strings.Cut(block, "\n# labels: ")
		labels, stack, found := strings.Cut(stack, "\n")
		if found && strings.Contains(labels, wanted) {
			count, _, _ := strings.Cut(head[strings.LastIndex(head, "\n")+1:], " @")
			stacks = append(stacks, count+" of:\n"+readable(stack))
		}
	}
	return stacks
}

// readable is a stack of a profile as a dump would show it. Its lines are
//
//	#	0x4dca64	main.work+0x44	/src/main.go:27
func readable(stack string) string {
	var text strings.Builder
	for line := range strings.Lines(stack) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[0] != "#" {
			continue
		}
		function, _, _ := strings.Cut(fields[2], "+0x")
		fmt.Fprintf(&text, "%s(...)\n\t%s\n", function, strings.Join(fields[3:], " "))
	}
	return strings.TrimSuffix(text.String(), "\n")
}
