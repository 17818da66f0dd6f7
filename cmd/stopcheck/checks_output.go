//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

var outputChecks = []check{
	{
		name:  "pipe",
		about: "the reader of its output is gone when SIGTERM comes",
		why:   "at Ctrl-C the tee or log shipper behind it dies first; the next line it logs kills it by SIGPIPE, cleanup undone",
		again: "{ {command} 2>&1 & echo $! >pid; wait $!; echo \"status $?\" >&2; } | sleep {up}; kill -TERM $(cat pid)",
		needs: []string{"sigterm"},
		try:   tryPipe,
	},
	{
		name:  "full",
		about: "nobody reads its output, and the pipe is full",
		why:   "a log shipper that hangs must not hang the stop of what it reads",
		again: "mkfifo out; sleep 99 <out & {command} >out 2>&1 & pid=$!; sleep {up}; timeout 1 cat /dev/zero >out; kill -TERM $pid; time wait $pid",
		needs: []string{"sigterm", "status"},
		try:   tryFull,
	},
	{
		name:  "disk",
		about: "standard output is full, as a log file on a full disk (/dev/full)",
		why:   "a full disk is when programs are restarted; it must not be when they fail to stop",
		again: "{command} >/dev/full & pid=$!; sleep {up}; kill -TERM $pid; time wait $pid; echo status $?",
		needs: []string{"sigterm", "status"},
		can:   needsFull,
		world: world{stdout: "/dev/full"},
		blind: true,
		try:   tryDisk,
	},
	{
		name:  "terminal",
		about: "its terminal is closed: SIGHUP, then SIGTERM; each write fails",
		why:   "an SSH session that breaks leaves a program that can write nowhere; it must end all the same",
		again: "script -qc {quoted} /dev/null   # close the window; is it gone?",
		needs: []string{"sigterm"},
		can:   needsTerminals,
		world: world{terminal: true},
		try:   tryTerminal,
	},
	{
		name:  "said",
		about: "what it says during the stop: no crash, and not nothing",
		why:   "a crash in the stop is a cleanup that was not done; silence leaves the next incident without a clue",
		again: "{start}; kill -TERM $pid; wait $pid",
		needs: []string{"sigterm"},
		try:   trySaid,
	},
}

func needsFull(*looked) string {
	if _, err := os.Stat("/dev/full"); err != nil {
		return "there is no /dev/full here"
	}
	return ""
}

func needsTerminals(*looked) string {
	if !canMakeTerminals {
		return "stopcheck makes terminals on Linux only"
	}
	return ""
}

func tryPipe(t *trial) finding {
	t.p.out.close()
	asked, gone := t.stop()
	switch {
	case !gone:
		return t.stays("with nobody reading its output it does not end: still there after %v", round(t.grace))
	case t.p.ending.signal == syscall.SIGPIPE:
		return said(bad, "the first line that nobody read killed it by SIGPIPE, in the middle of its stop")
	case t.p.ending.signal != 0 && t.p.ending.signal != t.sig:
		return said(bad, "with nobody reading its output it %v", t.p.ending)
	}
	return said(ok, "with nobody reading its output it was gone after %v, %v", round(t.p.took(asked)), t.p.ending)
}

func tryFull(t *trial) finding {
	if err := t.p.out.fill(); err != nil {
		return said(unknown, "its output could not be filled: %v", err)
	}
	asked, gone := t.stop()
	if !gone {
		return t.stays("with its output full it does not end: still there after %v", round(t.grace))
	}
	return t.judgeEnding(fmt.Sprintf("with its output full it was gone after %v, %v", round(t.p.took(asked)), t.p.ending))
}

func tryDisk(t *trial) finding {
	asked, gone := t.stop()
	if !gone {
		return t.stays("with /dev/full as its output it does not end: still there after %v", round(t.grace))
	}
	return t.judgeEnding(fmt.Sprintf("with /dev/full as its output it was gone after %v, %v", round(t.p.took(asked)), t.p.ending))
}

// judgeEnding: a program that otherwise ends well must not say now that it
// failed.
func (t *trial) judgeEnding(text string) finding {
	if !t.p.ending.clean() && t.p.ending.code != 128+int(syscall.SIGTERM) {
		return said(bad, "%s", text)
	}
	return said(ok, "%s", text)
}

// tryTerminal closes the terminal. Whoever lives on without it is asked in the
// ordinary way.
func tryTerminal(t *trial) finding {
	t.p.out.close()
	closed := time.Now()
	if t.p.gone(500 * time.Millisecond) {
		return said(ok, "gone %v after its terminal was closed, %v", round(t.p.took(closed)), t.p.ending)
	}
	asked, gone := t.stop()
	if !gone {
		return t.stays("its terminal was closed, and %s does not end it either: still there after %v", signalName(t.sig), round(t.grace))
	}
	return said(ok, "it outlives its terminal; %s then ended it in %v, %v", signalName(t.sig), round(t.p.took(asked)), t.p.ending)
}

// crashes are words of runtimes and libraries that say: this was no stop.
var crashes = []string{
	"panic:", "fatal error:", "Traceback (most recent call last)", "Exception in thread", "Unhandled", "UnhandledPromiseRejection",
	"Segmentation fault", "core dumped", "WARNING: DATA RACE", "thread 'main' panicked", "AddressSanitizer", "stack smashing",
}

func trySaid(t *trial) finding {
	if _, gone := t.stop(); !gone {
		return t.stays("it did not end in %v", round(t.grace))
	}
	select {
	case <-t.p.out.done:
	case <-time.After(time.Second): // somebody whom it left behind may still write
	}
	text := strings.TrimSpace(t.p.out.said(t.p.heard))
	for line := range strings.Lines(text) {
		for _, word := range crashes {
			if strings.Contains(line, word) {
				return said(bad, "it crashed in its stop: %s", quote(line, 120))
			}
		}
	}
	lines := strings.Split(text, "\n")
	switch {
	case text == "":
		return said(note, "it said nothing: whether this was a stop or a crash, its log will not tell")
	case len(lines) == 1:
		return said(ok, "it said %s", quote(text, 70))
	}
	return said(ok, "it said %d lines, the last: %s", len(lines), quote(lines[len(lines)-1], 60))
}
