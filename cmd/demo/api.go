package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/rs/zerolog/log"

	"github.com/seed7e043c35/lastcall/shutdown"
	"github.com/seed7e043c35/lastcall/shutdown/health"
)

const (
	maxBody   = 1 << 20   // bytes
	maxWorkMS = 3_600_000 // an hour
)

// An api is what the program offers over HTTP. It answers in JSON.
type api struct {
	jobs     *store
	books    *books
	accepted func() // called after a job was stored
}

func (a *api) routes(m *shutdown.Manager) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /livez", health.Live(m))
	mux.Handle("GET /readyz", health.Ready(m))
	mux.Handle("GET /{$}", page{})
	mux.Handle("GET /events", live{m, a})
	mux.Handle("POST /jobs", answer(a.post))
	mux.Handle("GET /jobs", answer(a.count))
	mux.Handle("GET /jobs/{id}", answer(a.get))
	return mux
}

// post stores a job. What it has answered with 202 is never lost.
func (a *api) post(w http.ResponseWriter, r *http.Request) (any, error) {
	j, err := readJob(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	j.ID, err = a.jobs.add(r.Context(), j.Text, j.WorkMS)
	if err != nil {
		return nil, err
	}
	a.books.accepted.Add(1)
	a.accepted()
	w.Header().Set("Location", "/jobs/"+strconv.FormatInt(j.ID, 10))
	w.WriteHeader(http.StatusAccepted)
	return map[string]int64{"id": j.ID}, nil
}

// count returns how many jobs there are, by state.
func (a *api) count(_ http.ResponseWriter, r *http.Request) (any, error) {
	return a.jobs.count(r.Context())
}

func (a *api) get(_ http.ResponseWriter, r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, &refusal{http.StatusNotFound, fmt.Sprintf("no job %q: its id is a number", r.PathValue("id"))}
	}
	j, err := a.jobs.get(r.Context(), id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &refusal{http.StatusNotFound, fmt.Sprintf("no job %d", id)}
	}
	return j, err
}

// readJob reads what a client may say of a job.
func readJob(body io.Reader) (j job, err error) {
	var want struct {
		Text   string `json:"text"`
		WorkMS int64  `json:"work_ms"`
	}
	var tooLarge *http.MaxBytesError
	in := json.NewDecoder(body)
	in.DisallowUnknownFields()
	err = in.Decode(&want)
	if err == nil && in.More() {
		err = errors.New("more than one value")
	}
	switch {
	case errors.As(err, &tooLarge):
		return j, &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes", tooLarge.Limit)}
	case err != nil:
		return j, &refusal{http.StatusBadRequest, `want {"text": "...", "work_ms": 250}: ` + err.Error()}
	case want.Text == "":
		return j, &refusal{http.StatusUnprocessableEntity, "text is empty"}
	case want.WorkMS < 0 || want.WorkMS > maxWorkMS:
		return j, &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("work_ms is %d: want 0 to %d", want.WorkMS, maxWorkMS)}
	}
	return job{Text: want.Text, WorkMS: want.WorkMS}, nil
}

// A refusal is an error that is the client's.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// An answer is a handler that leaves the writing of its result to others.
type answer func(w http.ResponseWriter, r *http.Request) (any, error)

func (a answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	result, err := a(w, r)
	var no *refusal
	switch {
	case errors.As(err, &no):
		w.WriteHeader(no.status)
		result = map[string]string{"error": no.text}
	case err != nil && r.Context().Err() != nil:
		return // the client has gone, or time is up: nobody is listening, and nothing has failed
	case err != nil:
		log.Error().Err(err).Str("request", r.Method+" "+r.URL.Path).Msg("failed")
		w.WriteHeader(http.StatusInternalServerError)
		result = map[string]string{"error": "the database does not answer"}
	}
	_ = json.NewEncoder(w).Encode(result) // it fails only if the client is gone
}
