package aftermath

// A Cleanup is something to do, as data.
type Cleanup struct {
	Verb Verb
	Args []string
}

// A Verb is what a clean-up does with its arguments.
type Verb string

const (
	Remove    Verb = "remove"     // path
	RemoveAll Verb = "remove-all" // path
	EndGroup  Verb = "end-group"  // number of the leader or 0, when it started or empty, mark or empty
	Run       Verb = "run"        // working directory, path of the command, name, arguments…
)

// Valid reports whether c is a clean-up that this version can carry out.
func (c Cleanup) Valid() bool {
	switch c.Verb {
	case Remove, RemoveAll:
		return len(c.Args) == 1 && removable(c.Args[0])
	case EndGroup:
		if len(c.Args) != 3 {
			return false
		}
		_, ok := number(c.Args[0])
		return ok
	case Run:
		return len(c.Args) >= 3 && absolute(c.Args[0]) && absolute(c.Args[1])
	}
	return false
}

func absolute(path string) bool { return path != "" && path[0] == '/' }

// removable reports whether path is absolute, clean, and not the root.
func removable(path string) bool {
	if !absolute(path) || path == "/" {
		return false
	}
	start := 1
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] == 0 {
			return false
		}
		if i < len(path) && path[i] != '/' {
			continue
		}
		if element := path[start:i]; element == "" || element == "." || element == ".." {
			return false
		}
		start = i + 1
	}
	return true
}

// String says what c does, in words for a person.
func (c Cleanup) String() string {
	if !c.Valid() {
		return "unknown clean-up " + string(c.Verb)
	}
	switch c.Verb {
	case EndGroup:
		if c.Args[0] == "0" {
			return "end the process group marked " + c.Args[2]
		}
		return "end process group " + c.Args[0]
	case Run:
		text := "run " + c.Args[1]
		for _, arg := range c.Args[3:] {
			text += " " + arg
		}
		return text
	}
	return string(c.Verb) + " " + c.Args[0]
}

// A failure is an error with what was tried, and on what.
type failure struct {
	op, subject string
	err         error
}

func (f failure) Error() string { return f.op + " " + f.subject + ": " + f.err.Error() }

func (f failure) Unwrap() error { return f.err }

// A text is an error that says no more than itself.
type text string

func (t text) Error() string { return string(t) }

const errUnknown = text("this version does not know how")
