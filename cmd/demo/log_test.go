package main

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestConsole_aStackStandsBelowItsLine(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	var out strings.Builder
	log := zerolog.New(console(&out))
	log.Error().Str("stack", "main.hang(...)\n\ttrouble.go:36\n").Str("name", "stubborn").Msg("still running")
	_, got, _ := strings.Cut(out.String(), " ")
	if want := "ERR still running name=stubborn\n    main.hang(...)\n    \ttrouble.go:36\n"; got != want {
		t.Errorf("it writes\n%q, want\n%q", got, want)
	}
}
