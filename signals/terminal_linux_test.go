package signals_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/seed7e043c35/lastcall/internal/pty"
)

func TestTermination_hasSIGHUPWhileThereIsATerminal(t *testing.T) {
	cmd, said, started := command(t, "tells its terminal")
	terminal := pty.Open(t)
	terminal.Start(t, cmd)
	started()
	if got, want := await(t, said), "true [interrupt terminated hangup]"; got != want {
		t.Errorf("Terminal() and Termination() on a terminal are %s, want %s", got, want)
	}
	check(t, terminal.Screen.Close()) // sends SIGHUP
	if got, want := await(t, said), "false [interrupt terminated]"; got != want {
		t.Errorf("after it was closed they are %s, want %s", got, want)
	}
	check(t, cmd.Wait())
}

// Wrappers pass Ctrl-C on to a program that the terminal has told already. What
// they send is an echo, and nothing else comes.
func TestRepeat_whatAWrapperPassesOnIsAnEcho(t *testing.T) {
	for name, by := range map[string][]string{
		"nothing":              {},
		"sh":                   {"sh", "-c", `"$0"; true`},
		"sh with exec":         {"sh", "-c", `exec "$0"`},
		"timeout":              {"timeout", "60"},
		"timeout --foreground": {"timeout", "--foreground", "60"},
		"make":                 {"make", "--no-print-directory", "--eval", "all: ; @$$SELF", "#"},
		"npm":                  {"npm", "run", "--silent", "program", "--"},
		"script":               {"script", "--quiet", "--command", `"$SELF"`, "/dev/null", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, _, started := command(t, "tells signals", by...)
			switch name { // these find the program in the variable SELF
			case "make", "npm", "script":
				cmd.Args = cmd.Args[:len(cmd.Args)-2]
			}
			cmd.Dir = t.TempDir()
			check(t, os.WriteFile(cmd.Dir+"/package.json", []byte(`{"scripts": {"program": "$SELF"}}`), 0o600))
			terminal := pty.Open(t)
			terminal.Start(t, cmd)
			started()
			terminal.Await(t, "ready")
			terminal.Type(t, "\x03")
			meanings := regexp.MustCompile("Echo|Insist|Terminate").FindAllString(terminal.Rest(), -1)
			_ = cmd.Wait()
			t.Logf("%v", meanings)
			if len(meanings) == 0 || meanings[0] != "Insist" || slices.ContainsFunc(meanings[1:], func(m string) bool { return m != "Echo" }) {
				t.Errorf("one Ctrl-C means %v, want Insist and Echo", meanings)
			}
		})
	}
}
