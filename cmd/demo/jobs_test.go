//go:build unix

package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// everywhere runs test with each kind of database, and a number of replicas.
func everywhere(t *testing.T, test func(t *testing.T, db string, replicas int)) {
	for _, s := range []struct {
		name     string
		db       func(*testing.T) string
		replicas int
	}{
		{"SQLite", sqliteFile, 1},
		{"PostgreSQL", newDatabase, 1},
		{"PostgreSQL with three replicas", newDatabase, 3},
	} {
		t.Run(s.name, func(t *testing.T) { t.Parallel(); test(t, s.db(t), s.replicas) })
	}
}

func TestGracefulStop_accountsForEveryJob(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db string, replicas int) {
		demos := startAll(t, replicas, "-db", db, "-traffic", "0", "-workers", "2")
		load := press(t, demos)
		load.await(50)
		for _, p := range demos {
			p.Signal(syscall.SIGTERM)
		}
		for _, p := range demos {
			wantSaid(t, p.ends("0").Stdout, "handed back 0, lost 0")
		}
		for _, j := range wantAll(t, db, load.end()) {
			if j.Attempts > 1 || j.State == "done" && j.Attempts != 1 {
				t.Errorf("job %d is %s after %d attempts", j.ID, j.State, j.Attempts)
			}
		}
	})
}

func TestDrain_isNotReadyAndAcceptsJobs(t *testing.T) {
	t.Parallel()
	p := start(t, "-traffic", "0", "-drain", "3s", "-grace", "7s") // long enough for three requests on a busy machine
	wantAnswer(t, p.url+"/readyz", http.StatusOK)
	p.Signal(syscall.SIGTERM)
	p.Line("draining")
	wantAnswer(t, p.url+"/readyz", http.StatusServiceUnavailable)
	wantAnswer(t, p.url+"/livez", http.StatusOK)
	if _, err := post(p.url, 1); err != nil {
		t.Error(err)
	}
	wantSaid(t, p.ends("0").Stdout, "accepted 1, done 1, handed back 0, lost 0")
}

func wantAnswer(t *testing.T, url string, want int) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		t.Errorf("GET %s: got %s, want %d", url, response.Status, want)
	}
}

func TestForcedStop_handsBackWhatIsInHand(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db string, replicas int) {
		demos := startAll(t, replicas, "-db", db, "-traffic", "0", "-workers", "2", "-grace", "3s", "-v")
		accepted := occupy(t, demos, 2)
		for _, p := range demos {
			p.Signal(os.Interrupt)
		}
		for _, p := range demos {
			p.Line("still waiting") // a second later: no echo of the first any more
			p.Signal(os.Interrupt)
			wantSaid(t, p.ends("SIGINT").Stdout, "done 0, handed back 2, lost 0")
			p.wantNoFiles()
		}
		for _, j := range wantAll(t, db, accepted) {
			if j.State != "queued" || j.Attempts > 1 {
				t.Errorf("job %d is %s after %d attempts", j.ID, j.State, j.Attempts)
			}
		}
	})
}

func TestGracefulStop_handsBackWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db string, replicas int) {
		demos := startAll(t, replicas, "-db", db, "-traffic", "0", "-workers", "2", "-grace", "1s", "-v")
		accepted := occupy(t, demos, 2)
		for _, p := range demos {
			p.Signal(syscall.SIGTERM)
		}
		for _, p := range demos {
			wantSaid(t, p.ends("1").Stdout, "done 0, handed back 2, lost 0") // they were cut
		}
		wantAll(t, db, accepted)
	})
}

func TestKilledUnderLoad_losesNoJob(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db string, replicas int) {
		args := []string{"-db", db, "-traffic", "0", "-workers", "2"}
		demos := startAll(t, replicas, args...)
		load := press(t, demos)
		load.await(50)
		for _, p := range demos {
			p.Signal(syscall.SIGKILL)
			p.ends("SIGKILL")
		}
		accepted := load.end()
		for _, p := range startAll(t, replicas, args...) {
			p.Signal(syscall.SIGTERM)
			p.ends("0")
		}
		wantAll(t, db, accepted)
	})
}

func TestReplacement_takesTheJobsOfTheDeadAndOfNobodyElse(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db string, replicas int) {
		args := []string{"-db", db, "-traffic", "0", "-workers", "2", "-grace", "1s", "-v"}
		demos := startAll(t, replicas, args...)
		accepted := occupy(t, demos, 2)
		demos[0].Signal(syscall.SIGKILL)
		demos[0].ends("SIGKILL")

		demos[0] = start(t, args...)
		demos[0].lines(2, `"attempt":2`)
		for _, p := range demos {
			p.Signal(syscall.SIGTERM)
		}
		for _, p := range demos {
			wantSaid(t, p.ends("1").Stdout, "done 0, handed back 2, lost 0") // they were cut
		}
		begun := 0
		for _, j := range wantAll(t, db, accepted) {
			begun += j.Attempts
		}
		if want := 2*replicas + 2; begun != want {
			t.Errorf("jobs were begun %d times, want %d: each that was in hand once, and twice those of the dead", begun, want)
		}
	})
}

func startAll(t *testing.T, replicas int, args ...string) []*process {
	t.Helper()
	demos := make([]*process, replicas)
	for i := range demos {
		demos[i] = start(t, args...)
	}
	return demos
}

// occupy gives each of the demos as many endless jobs as it has workers, and
// waits until they are in hand. Some short ones, that nobody has time for, come
// behind. It returns the ids of all.
func occupy(t *testing.T, demos []*process, workers int) (accepted []int64) {
	t.Helper()
	post := func(p *process, ms int) {
		id, err := post(p.url, ms)
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, id)
	}
	for range workers {
		for _, p := range demos {
			post(p, maxWorkMS)
		}
	}
	for _, p := range demos {
		p.lines(workers, "in hand")
	}
	for range 5 {
		post(demos[0], 1)
	}
	return accepted
}

// post posts a job and returns its id.
func post(url string, ms int) (id int64, err error) {
	response, err := http.Post(url+"/jobs", "application/json", strings.NewReader(fmt.Sprintf(`{"text": "test", "work_ms": %d}`, ms)))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return 0, fmt.Errorf("POST /jobs: %s", response.Status)
	}
	var answer struct{ ID int64 }
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer.ID, err
}

// A load is clients that post jobs until they are refused.
type load struct {
	clients  sync.WaitGroup
	accepted chan int64
}

// press has two clients post to each of the demos until it does not answer any
// more.
func press(t *testing.T, demos []*process) *load {
	t.Helper()
	l := &load{accepted: make(chan int64, 1<<16)}
	for _, p := range demos {
		for range 2 {
			l.clients.Go(func() {
				for {
					id, err := post(p.url, 5)
					if err != nil {
						return
					}
					l.accepted <- id
				}
			})
		}
	}
	return l
}

// await waits until n jobs have been accepted.
func (l *load) await(n int) {
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = <-l.accepted
	}
	for _, id := range ids {
		l.accepted <- id
	}
}

// end returns the ids of all jobs that have been accepted, once the last client
// has been refused.
func (l *load) end() (ids []int64) {
	l.clients.Wait()
	close(l.accepted)
	for id := range l.accepted {
		ids = append(ids, id)
	}
	return ids
}

// wantAll asks the database, after the demos have ended: what was accepted is
// there, and everything there is either done or queued. It returns what is.
func wantAll(t *testing.T, db string, accepted []int64) map[int64]job {
	t.Helper()
	jobs := everyJob(t, db)
	for _, id := range accepted {
		if _, ok := jobs[id]; !ok {
			t.Errorf("job %d was accepted and is lost", id)
		}
	}
	for _, j := range jobs {
		if j.State != "queued" && j.State != "done" {
			t.Errorf("job %d is %s after all have stopped", j.ID, j.State)
		}
	}
	t.Logf("%d accepted, %d in the database", len(accepted), len(jobs))
	return jobs
}

func everyJob(t *testing.T, db string) map[int64]job {
	t.Helper()
	d := dialectOf(db)
	source, err := sql.Open(d.driver, d.data)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	rows, err := source.QueryContext(t.Context(), `SELECT id, text, work_ms, state, attempts FROM jobs`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	jobs := make(map[int64]job)
	for rows.Next() {
		var j job
		if err := rows.Scan(&j.ID, &j.Text, &j.WorkMS, &j.State, &j.Attempts); err != nil {
			t.Fatal(err)
		}
		jobs[j.ID] = j
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return jobs
}
