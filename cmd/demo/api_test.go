package main

import (
	"context"
	"encoding/json"
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

// serve returns the address of an api on a database of its own, without
// workers.
func serve(t *testing.T) string {
	t.Helper()
	silent := zerolog.Nop()
	m := &shutdown.Manager{Signals: []os.Signal{}, Logger: &silent}
	jobs, err := openStore(m.Context(), filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	a := &api{jobs: jobs, books: &books{store: jobs, out: io.Discard}, accepted: func() {}}
	server := httptest.NewServer(a.routes(m))
	t.Cleanup(func() {
		server.Close()
		m.Stop(nil)
		if err := m.Run(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

func TestAPI_refusesWithAReasonInJSON(t *testing.T) {
	url := serve(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		reason             string
	}{
		{"POST", "/jobs", ``, 400, "want {"},
		{"POST", "/jobs", `{"text": "a"`, 400, "want {"},
		{"POST", "/jobs", `{"text": 7}`, 400, "want {"},
		{"POST", "/jobs", `{"text": "a", "wrok_ms": 1}`, 400, `unknown field "wrok_ms"`},
		{"POST", "/jobs", `{"text": "a"} {"text": "b"}`, 400, "more than one value"},
		{"POST", "/jobs", `{"text": ""}`, 422, "text is empty"},
		{"POST", "/jobs", `{"text": "a", "work_ms": -1}`, 422, "work_ms is -1: want 0 to 3600000"},
		{"POST", "/jobs", `{"text": "a", "work_ms": 3600001}`, 422, "work_ms is 3600001: want 0 to 3600000"},
		{"POST", "/jobs", `{"text": "` + strings.Repeat("a", maxBody) + `"}`, 413, "more than 1048576 bytes"},
		{"GET", "/jobs/1", ``, 404, "no job 1"},
		{"GET", "/jobs/first", ``, 404, `no job "first"`},
	} {
		status, answer := call(t, c.method, url+c.path, c.body)
		reason, _ := answer["error"].(string)
		if status != c.status || !strings.Contains(reason, c.reason) {
			t.Errorf("%s %s %.40s: got %d %q, want %d with %q", c.method, c.path, c.body, status, reason, c.status, c.reason)
		}
	}
}

func TestAPI_storesAJobAndTellsOfIt(t *testing.T) {
	url := serve(t)
	status, answer := call(t, "POST", url+"/jobs", `{"text": "hello", "work_ms": 250}`)
	if status != 202 || answer["id"] != 1.0 {
		t.Errorf("POST /jobs: got %d %v, want 202 and id 1", status, answer)
	}
	status, answer = call(t, "GET", url+"/jobs/1", "")
	if status != 200 || answer["text"] != "hello" || answer["work_ms"] != 250.0 || answer["state"] != "queued" || answer["attempts"] != 0.0 {
		t.Errorf("GET /jobs/1: got %d %v", status, answer)
	}
	status, answer = call(t, "GET", url+"/jobs", "")
	if status != 200 || answer["queued"] != 1.0 || answer["working"] != 0.0 || answer["done"] != 0.0 {
		t.Errorf("GET /jobs: got %d %v", status, answer)
	}
}

// call returns the status and the JSON object of an answer.
func call(t *testing.T, method, url, body string) (status int, answer map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s %s: got content type %q, want application/json", method, url, got)
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Errorf("%s %s: %v", method, url, err)
	}
	return response.StatusCode, answer
}
