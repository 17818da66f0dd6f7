//go:build unix

package main

import (
	"fmt"
	"strings"
	"time"
)

// recipe fills in the shell lines that show a finding again. They are meant for
// bash, and for a person: sleep stands for waiting until the program is up.
func recipe(text, name string, s settings, seen *looked) string {
	command := shellWords(s.command)
	for _, variable := range s.env {
		command = "env " + shellWord(variable) + " " + command
	}
	if s.dir != "" {
		command = "env -C " + shellWord(s.dir) + " " + command
	}
	up := seconds(seen.ready + seen.ready/2 + 200*time.Millisecond)
	t := seen.target
	if t == nil {
		t = &target{addr: "127.0.0.1:PORT", path: "/", method: s.method}
	}
	host, port := splitAddr(t.addr)
	fill := strings.NewReplacer(
		"{start}", command+" & pid=$!; sleep "+up,
		"{open}", fmt.Sprintf("exec 3<>/dev/tcp/%s/%s", host, port),
		"{command}", command, "{quoted}", shellWord(command),
		"{up}", up, "{early}", seconds(seen.ready/2),
		"{method}", t.method, "{path}", t.path, "{url}", shellWord(t.url()),
		"{self} -only http2 {flags}", s.again(name),
	)
	// Bash speaks no TLS, and does not know the port of the next start.
	if strings.Contains(text, "{open}") && (t.tls || seen.ephemeral) {
		return s.again(name)
	}
	return strings.NewReplacer("'{dir}", `"$(mktemp -d)"'`, "{port}", port).Replace(fill.Replace(text))
}

// again is the call of stopcheck that makes this check alone.
func (s settings) again(name string) string {
	flags := []string{"stopcheck", "-only", name}
	for flag, value := range map[string]string{"-url": s.url, "-dir": s.dir, "-ready": s.ready} {
		if value != "" {
			flags = append(flags, flag, value)
		}
	}
	for _, variable := range s.env {
		flags = append(flags, "-env", variable)
	}
	return shellWords(append(append(flags, "--"), s.command...))
}

func (t *target) url() string {
	scheme := map[bool]string{false: "http://", true: "https://"}[t.tls]
	return scheme + t.host + t.path
}

func splitAddr(addr string) (host, port string) {
	i := strings.LastIndexByte(addr, ':')
	return strings.Trim(addr[:i], "[]"), addr[i+1:]
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f", max(0.1, d.Seconds())) }

// shellWords quotes each word that a shell would read otherwise.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return strings.Join(quoted, " ")
}

func shellWord(w string) string {
	plain := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%", r)
	}
	if w != "" && strings.IndexFunc(w, plain) < 0 {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
