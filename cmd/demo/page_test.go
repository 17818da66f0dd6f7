package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestPage_isWhatTheAddressShows(t *testing.T) {
	response, err := http.Get(serve(t) + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if got, want := response.Header.Get("Content-Type"), "text/html; charset=utf-8"; err != nil || got != want || !strings.Contains(string(body), "/events") {
		t.Errorf("GET / is %s of %d bytes, %v; want %s that reads /events", got, len(body), err, want)
	}
}

// A stream that did not end by itself would hold up every stop until it is cut.
func TestLive_endsWithALastWordWhenTheStopBegins(t *testing.T) {
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	jobs, err := openStore(m.Context(), filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer((&api{jobs: jobs, books: &books{store: jobs, out: io.Discard}}).routes(m))
	m.Register("server", func(context.Context) error { server.Close(); return nil }) // waits for the stream
	result := make(chan error, 1)
	go func() { result <- m.Run(context.Background()) }() // ends by the Stop below

	response, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	if first, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(first, `data: {"accepted":0,`) {
		t.Errorf("the first line is %q, %v", first, err)
	}
	m.Stop(nil)
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(rest), `"state":"stopping"`) && !strings.Contains(string(rest), `"state":"finalizing"`) {
		t.Errorf("the last word is %q, %v; want the state", rest, err)
	}
	if err := <-result; err != nil {
		t.Errorf("Run() = %v", err)
	}
}
