package shutdowntest

import (
	"runtime"
	"strings"
)

// A census is which goroutines there are in a bubble: their stacks, by the
// first words of each ("goroutine 35").
type census []person

type person struct{ name, stack string }

// goroutines returns those of the caller's bubble but for the caller, in the
// order in which the runtime names them.
func goroutines() census {
	all := strings.Split(stacks(), "\n\n")
	bubble := bubbleOf(headerOf(all[0])) // the caller's is the first
	var found census
	for _, stack := range all[1:] {
		header := headerOf(stack)
		if bubbleOf(header) != bubble {
			continue
		}
		name, _, _ := strings.Cut(header, " [")
		found = append(found, person{name, strings.TrimSuffix(stack, "\n")})
	}
	return found
}

// without returns the stacks of those in c that are not in others.
func (c census) without(others census) (stacks []string) {
	known := make(map[string]bool)
	for _, other := range others {
		known[other.name] = true
	}
	for _, one := range c {
		if !known[one.name] {
			stacks = append(stacks, one.stack)
		}
	}
	return stacks
}

// headerOf returns the first line of a stack, such as
//
//	goroutine 35 [chan receive (durable), synctest bubble 3]:
func headerOf(stack string) string {
	header, _, _ := strings.Cut(stack, "\n")
	return header
}

// bubbleOf returns the number of the bubble in such a line.
func bubbleOf(header string) string {
	_, number, _ := strings.Cut(header, "synctest bubble ")
	if end := strings.IndexAny(number, " ]"); end >= 0 { // with labels, or without
		number = number[:end]
	}
	return number
}

// stacks returns the stacks of all goroutines, the caller's first.
func stacks() string {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}
