package aftermath

import "syscall"

const (
	sysOpenat   = syscall.SYS_OPENAT
	sysUnlinkat = syscall.SYS_UNLINKAT
	atCWD       = -100
	atRemoveDir = 0x200
)

// Marks tells whether a group can be found by its mark alone.
const Marks = true

// pause lets some time pass.
func pause() {
	t := syscall.NsecToTimespec(pauseMS * 1e6)
	_ = syscall.Nanosleep(&t, nil)
}

func boot() string { return trimmed(readFile("/proc/sys/kernel/random/boot_id")) }

func trimmed(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == '\n' {
		b = b[:len(b)-1]
	}
	return string(b)
}

func namespace() string {
	b := make([]byte, 64)
	n, err := syscall.Readlink("/proc/self/ns/pid", b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}

func started(pid int) string {
	if p, ok := look(pid); ok && p.alive() {
		return p.start
	}
	return ""
}

// A process is what /proc/PID/stat says.
type process struct {
	pid, group int
	state      string
	start      string // ticks since the start of the machine
}

func (p process) alive() bool { return p.state != "Z" && p.state != "X" }

// look reads /proc/PID/stat. The name of the program, in parentheses, may
// contain anything, so what follows the last of them is counted.
func look(pid int) (process, bool) {
	stat := trimmed(readFile("/proc/" + decimal(uint64(pid)) + "/stat"))
	end := len(stat) - 1
	for end >= 0 && stat[end] != ')' {
		end--
	}
	const first, group, start = 3, 5, 22 // as proc(5) numbers them
	p := process{pid: pid}
	field := first - 1
	for i := end + 1; i < len(stat); {
		if stat[i] == ' ' {
			field++
			i++
			continue
		}
		from := i
		for i < len(stat) && stat[i] != ' ' {
			i++
		}
		switch field {
		case first:
			p.state = stat[from:i]
		case group:
			n, _ := number(stat[from:i])
			p.group = int(n)
		case start:
			p.start = stat[from:i]
		}
	}
	return p, p.start != ""
}

// everyProcess calls fn for each process, until that returns false.
func everyProcess(fn func(process) bool) {
	fd, err := open("/proc", syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	buffer := make([]byte, 8192)
	for {
		n, err := again(func() (int, error) { return syscall.ReadDirent(fd, buffer) })
		if err != nil || n <= 0 {
			return
		}
		_, _, names := syscall.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			pid, isNumber := number(name)
			if !isNumber {
				continue
			}
			if p, ok := look(int(pid)); ok && !fn(p) {
				return
			}
		}
	}
}

func anyAlive(number int) (found bool) {
	everyProcess(func(p process) bool {
		found = p.group == number && p.alive()
		return !found
	})
	return found
}

// find returns the number of the group, or 0 if it is not there.
//
// A group that was registered by its mark alone is that of the oldest process
// that bears it. A process between fork and exec does not bear it yet, but holds
// a copy of the descriptor with the journal's lock: who reads the journal
// comes after its exec.
func (g group) find() (number int) {
	if p, ok := look(g.leader); ok && g.leader > 0 && p.start == g.start {
		return g.leader
	}
	if g.mark == "" {
		return 0
	}
	var oldest string
	everyProcess(func(p process) bool {
		if (g.leader == 0 || p.group == g.leader) && p.alive() && (number == 0 || before(p.start, oldest)) && bears(p.pid, g.mark) {
			number, oldest = p.group, p.start
		}
		return true
	})
	return number
}

// before compares numbers without signs or zeros in front.
func before(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// bears reports whether a process has the mark in its environment.
func bears(pid int, mark string) bool {
	environment := string(readFile("/proc/" + decimal(uint64(pid)) + "/environ"))
	want := MarkVariable + "=" + mark
	for start := 0; start < len(environment); {
		end := start
		for end < len(environment) && environment[end] != 0 {
			end++
		}
		if environment[start:end] == want {
			return true
		}
		start = end + 1
	}
	return false
}
