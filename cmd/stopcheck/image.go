//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"
	"time"
)

// imageChecks look at a container image, with docker or podman.
var imageChecks = []check{
	{
		name:  "stopsignal",
		about: "the signal that docker stop and Kubernetes send to it (STOPSIGNAL)",
		why:   "the image decides which signal asks it to end; a program that does not know that one is killed",
		again: "{engine} inspect -f '{{.Config.StopSignal}}' {image}",
		image: (*container).stopSignal,
	},
	{
		name:  "shell",
		about: "whether a shell stands in front of the program",
		why:   "a shell as process 1 passes no signal on: the program never hears that it should end",
		again: "{engine} run -d {image}; {engine} top $({engine} ps -lq)",
		image: (*container).shell,
	},
	{
		name:  "dockerstop",
		about: "docker stop: time and exit status, as process 1",
		why:   "after the grace comes SIGKILL: status 137, and whatever it was doing is lost",
		again: "{engine} run -d {image}; time {engine} stop $({engine} ps -lq); {engine} inspect -f '{{.State.ExitCode}}' $({engine} ps -lq)",
		image: (*container).dockerStop,
	},
}

// A container is one start of an image.
type container struct {
	ctx    context.Context
	engine string // docker or podman
	image  string
	grace  time.Duration
	id     string
}

// engineThere finds the first that answers; its client alone is not enough.
func engineThere(ctx context.Context) (string, error) {
	for _, engine := range []string{"docker", "podman"} {
		if exec.CommandContext(ctx, engine, "info").Run() == nil {
			return engine, nil
		}
	}
	return "", errors.New("neither docker nor podman answers")
}

func judgeImage(ctx context.Context, s settings, r *report, out writer) error {
	engine, err := engineThere(ctx)
	if err != nil {
		return err
	}
	for _, c := range chosen(imageChecks, s) {
		out.busy(c.name)
		one := result{check: c, Name: c.name, Why: c.why, Decides: s.decides(c.name)}
		one.Again = strings.NewReplacer("{engine}", engine, "{image}", shellWord(s.image)).Replace(c.again)
		one.tryImage(ctx, engine, s)
		r.Checks = append(r.Checks, one)
		out.found(one)
	}
	return nil
}

// tryImage starts a container for each trial; a bad verdict is tried again.
func (r *result) tryImage(ctx context.Context, engine string, s settings) {
	for r.Trials < repeats {
		f := trialOfImage(ctx, engine, s, r.check)
		r.Trials++
		if r.Trials == 1 {
			r.Verdict, r.Seen = f.verdict, f.seen
		}
		if r.Verdict != bad {
			return
		}
		if f.verdict == bad {
			r.Bad++
		}
	}
	r.Seen += fmt.Sprintf(" (%d of %d times)", r.Bad, r.Trials)
	if r.Bad < r.Trials {
		r.Verdict = sometimes
	}
}

func trialOfImage(ctx context.Context, engine string, s settings, c check) finding {
	box := &container{ctx: ctx, engine: engine, image: s.image, grace: s.grace}
	id, err := box.call("run", "-d", s.image)
	if err != nil {
		return said(unknown, "no container of it could be started: %v", err)
	}
	box.id = id
	defer func() { _ = exec.Command(engine, "rm", "-f", id).Run() }() // also after an interruption
	select {
	case <-time.After(min(settledFor, s.start)): // nothing tells from outside when it is up
	case <-ctx.Done():
		return said(unknown, "interrupted")
	}
	if running, err := box.call("inspect", "-f", "{{.State.Running}}", id); err != nil || running != "true" {
		return said(unknown, "its container ended by itself")
	}
	return c.image(box)
}

// call calls the engine and returns what it says.
func (b *container) call(args ...string) (string, error) {
	out, err := exec.CommandContext(b.ctx, b.engine, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		err = errors.New(quote(string(exit.Stderr), 160))
	}
	return strings.TrimSpace(string(out)), err
}

func (b *container) stopSignal() finding {
	sig, err := b.call("inspect", "-f", "{{.Config.StopSignal}}", b.image)
	switch {
	case err != nil:
		return said(unknown, "%v", err)
	case sig == "":
		return said(ok, "no STOPSIGNAL: it is asked by SIGTERM")
	case sig == "SIGKILL" || sig == "KILL" || sig == "9":
		return said(bad, "STOPSIGNAL is %s: nobody can handle that", sig)
	}
	return said(ok, "STOPSIGNAL is %s", sig)
}

// shell looks at what the image starts, and at whether the shell has given way
// to it with exec.
func (b *container) shell() finding {
	text, err := b.call("inspect", "-f", `{{json .Config.Entrypoint}} {{json .Config.Cmd}}`, b.image)
	if err != nil {
		return said(unknown, "%v", err)
	}
	top, err := b.call("top", b.id)
	if err != nil {
		return said(unknown, "%v", err)
	}
	words := startedBy(text)
	lines := strings.Split(top, "\n")
	if len(words) < 2 || words[1] != "-c" || len(lines) < 3 { // the first line is a heading
		return said(ok, "no shell is left in front of the program")
	}
	return said(bad, "%s is process 1, with the program as its child; write ENTRYPOINT with brackets, or exec", path.Base(words[0]))
}

// startedBy reads two JSON lists, or null, and joins them.
func startedBy(text string) (words []string) {
	d := json.NewDecoder(strings.NewReader(text))
	for range 2 {
		var part []string
		if d.Decode(&part) == nil {
			words = append(words, part...)
		}
	}
	return words
}

func (b *container) dockerStop() finding {
	began := time.Now()
	if _, err := b.call("stop", "-t", fmt.Sprintf("%.0f", b.grace.Seconds()), b.id); err != nil {
		return said(unknown, "%v", err)
	}
	took := round(time.Since(began))
	code, err := b.call("inspect", "-f", "{{.State.ExitCode}}", b.id)
	switch {
	case err != nil:
		return said(unknown, "%v", err)
	case code == "137":
		return said(bad, "%s stop killed it after %s: status 137", b.engine, took)
	}
	return said(ok, "%s stop took %s, status %s", b.engine, took, code)
}
