//go:build unix

package recipes

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/hibiken/asynq"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/robfig/cron/v3"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	"github.com/seed7e043c35/lastcall/shutdown"
)

func TestConsume_finishesTheRecordInHand(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	check(t, err)
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("orders"), kgo.ConsumerGroup("recipes"), kgo.DisableAutoCommit())
	check(t, err)
	check(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Value: []byte("4711")}).FirstErr())

	inHand, finished := make(chan struct{}), false
	_, stop := start(t, func(ctx context.Context) error {
		shutdown.Finally(ctx, "kafka", client.Close)
		return consume(ctx, client, func(ctx context.Context, r *kgo.Record) error {
			close(inHand)
			<-shutdown.FromContext(ctx).Context().Done()
			finished = ctx.Err() == nil
			return nil
		})
	})
	<-inHand
	if err := stop(); err != nil || !finished {
		t.Errorf("Run() = %v, finished with a living context: %v", err, finished)
	}
}

func TestJobs_finishesTheTaskInHand(t *testing.T) {
	connection := asynq.RedisClientOpt{Addr: redisServer(t)}
	client := asynq.NewClient(connection)
	defer client.Close()
	_, err := client.Enqueue(asynq.NewTask("mail", nil))
	check(t, err)

	inHand, goOn, finished := make(chan struct{}), make(chan struct{}), atomic.Bool{}
	m, stop := start(t, jobs(connection, asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		close(inHand)
		<-goOn
		finished.Store(true)
		return nil
	})))
	<-inHand
	context.AfterFunc(m.Context(), func() { close(goOn) })
	if err := stop(); err != nil || !finished.Load() {
		t.Errorf("Run() = %v, finished %v", err, finished.Load())
	}
}

func TestTimetable_waitsForWhatIsRunning(t *testing.T) {
	c := cron.New(cron.WithSeconds())
	running, finished := make(chan struct{}), atomic.Bool{}
	goOn := make(chan struct{})
	c.Schedule(cron.Every(time.Second), cron.NewChain(cron.SkipIfStillRunning(cron.DiscardLogger)).Then(cron.FuncJob(func() {
		close(running)
		<-goOn
		finished.Store(true)
	})))
	m, stop := start(t, timetable(c))
	<-running
	context.AfterFunc(m.Context(), func() { close(goOn) })
	if err := stop(); err != nil || !finished.Load() {
		t.Errorf("Run() = %v, finished %v", err, finished.Load())
	}
}

func TestKeepLeading_aLostLeaseIsAFailureAndAStopGivesItUp(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: redisServer(t)})
	defer client.Close()
	for _, stolen := range []bool{false, true} {
		l := &lease{client: client, key: t.Name(), me: "a", life: 300 * time.Millisecond}
		check(t, client.Del(t.Context(), l.key).Err())
		ours, err := l.acquire(t.Context())
		if err != nil || !ours {
			t.Fatal("not acquired", err)
		}
		m, stop := start(t, func(ctx context.Context) error { <-ctx.Done(); return nil })
		keepLeading(m, l)
		if stolen {
			check(t, client.Set(t.Context(), l.key, "b", 0).Err())
			<-m.Done()
		}
		err = stop()
		if failed := err != nil; failed != stolen {
			t.Errorf("stolen %v: Run() = %v", stolen, err)
		}
		owner, err := client.Get(t.Context(), l.key).Result()
		if stolen && owner != "b" || !stolen && !errors.Is(err, redis.Nil) {
			t.Errorf("stolen %v: the lease is %q's, %v", stolen, owner, err)
		}
	}
}

func TestTrace_spansOfTheStopReachTheCollector(t *testing.T) {
	var bodies atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("close the database")) {
			bodies.Add(1)
		}
	}))
	defer collector.Close()
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(collector.URL), otlptracehttp.WithCompression(otlptracehttp.NoCompression))
	check(t, err)
	err = runAll(t, func(ctx context.Context) error {
		provider := trace(ctx, exporter)
		shutdown.Finally(ctx, "database", func(ctx context.Context) {
			_, span := provider.Tracer("recipes").Start(ctx, "close the database")
			span.End()
		})
		return nil
	})
	if err != nil || bodies.Load() != 1 {
		t.Errorf("Run() = %v, %d requests with the span, want 1", err, bodies.Load())
	}
}

func TestScrape_metricsCanBeReadWhileTheOthersEnd(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	registry := prometheus.NewRegistry()
	jobs := prometheus.NewCounter(prometheus.CounterOpts{Name: "jobs_total"})
	registry.MustRegister(jobs)
	var body string
	err = runAll(t, func(ctx context.Context) error {
		scrape(shutdown.FromContext(ctx), ln, registry)
		shutdown.Finally(ctx, "database", func() error {
			jobs.Inc()
			response, err := http.Get("http://" + ln.Addr().String())
			if err != nil {
				return err
			}
			defer response.Body.Close()
			b, err := io.ReadAll(response.Body)
			body = string(b)
			return err
		})
		return nil
	})
	if err != nil || !bytes.Contains([]byte(body), []byte("jobs_total 1")) {
		t.Errorf("Run() = %v, scraped %q", err, body)
	}
}

func TestProfile_isWholeWhenTheProgramHasEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cpu.pprof")
	err := runAll(t, func(ctx context.Context) error { return profile(ctx, file) })
	check(t, err)
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v, %v", info, err)
	}
}

func TestSubscribe_messagesInHandAreFinishedBeforeTheConnectionIsClosed(t *testing.T) {
	server, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1})
	check(t, err)
	server.Start()
	defer server.Shutdown()
	inHand, goOn, finished := make(chan struct{}), make(chan struct{}), atomic.Bool{}
	_, stop := start(t, func(ctx context.Context) error {
		conn, err := subscribe(ctx, server.ClientURL())
		if err != nil {
			return err
		}
		_, err = conn.Subscribe("orders", func(*nats.Msg) {
			close(inHand)
			<-goOn
			finished.Store(true)
		})
		if err != nil {
			return err
		}
		shutdown.Finally(ctx, "letting it go on", func() { close(goOn) })
		if err := conn.Publish("orders", nil); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
	<-inHand
	if err := stop(); err != nil || !finished.Load() {
		t.Errorf("Run() = %v, finished %v", err, finished.Load())
	}
}

func TestPools_areClosedNewestFirstAndAStuckOneIsOvertaken(t *testing.T) {
	postgres, cache := postgresServer(t), "redis://"+redisServer(t)
	for _, leak := range []bool{false, true} {
		err := runAll(t, func(ctx context.Context) error {
			pool, client, err := pools(ctx, postgres, cache)
			if err != nil {
				return err
			}
			if err := client.Ping(ctx).Err(); err != nil {
				return err
			}
			conn, err := pool.Acquire(ctx)
			if err != nil {
				return err
			}
			if leak {
				t.Cleanup(conn.Release)
			} else {
				conn.Release()
			}
			return nil
		})
		var stuck *shutdown.StuckError
		if got := errors.As(err, &stuck); got != leak || leak && stuck.Name != "postgres" {
			t.Errorf("leak %v: Run() = %v", leak, err)
		}
	}
}

type closer func() error

func (c closer) Close() error { return c() }

func TestCloseAll_closesThemAtOnce(t *testing.T) {
	var all atomic.Int64
	everybody := make(chan struct{})
	clients := make([]io.Closer, 10)
	for i := range clients {
		clients[i] = closer(func() error {
			if all.Add(1) == int64(len(clients)) {
				close(everybody)
			}
			<-everybody // one after the other, this would never end
			return nil
		})
	}
	err := runAll(t, func(ctx context.Context) error { closeAll(ctx, clients); return nil })
	check(t, err)
}

type model struct{ shown chan struct{} }

func (m model) Init() tea.Cmd { close(m.shown); return nil }
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyMsg); ok && key.String() == "ctrl+c" {
		return m, tea.Quit
	}
	return m, nil
}
func (m model) View() string { return "hello" }

func TestScreen_endsByAStopAndByCtrlC(t *testing.T) {
	keys, typed := io.Pipe()
	shown := make(chan struct{})
	m, _ := start(t, screen(model{shown}, tea.WithInput(keys), tea.WithOutput(io.Discard)))
	<-shown
	_, err := typed.Write([]byte{3})
	check(t, err)
	<-m.Done()

	shown = make(chan struct{})
	_, stop := start(t, screen(model{shown}, tea.WithInput(nil), tea.WithOutput(io.Discard)))
	<-shown
	check(t, stop())
}

type fakeRegistry struct{ events chan string }

func (r fakeRegistry) Register(context.Context) error { r.events <- "registered"; return nil }
func (r fakeRegistry) Deregister(ctx context.Context) error {
	r.events <- "deregistered"
	return ctx.Err()
}

func TestAnnounce_deregistersAtTheFirstSignOfAStop(t *testing.T) {
	r := fakeRegistry{make(chan string, 2)}
	err := runAll(t, func(ctx context.Context) error {
		if err := announce(ctx, r); err != nil {
			return err
		}
		return nil
	})
	if got := <-r.events; got != "registered" {
		t.Errorf("first %q", got)
	}
	check(t, err)
	if got := <-r.events; got != "deregistered" {
		t.Errorf("then %q", got)
	}
}

func TestCache_isClosedByTheApplicationInEitherWay(t *testing.T) {
	for _, use := range []func(context.Context) *Cache{useCache, useCacheAlone} {
		var c *Cache
		err := runAll(t, func(ctx context.Context) error { c = use(ctx); return nil })
		check(t, err)
		check(t, c.Close())
	}
}

func TestCloseListener_aSecondCloseIsNoFailure(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, closeListener(ln))
	check(t, closeListener(ln))
}

func TestSyncLog_ofAPipeIsNoFailure(t *testing.T) {
	log, err := exits()
	check(t, err)
	flushLog(new(shutdown.Manager), log)
	err = runAll(t, func(ctx context.Context) error { syncLog(ctx, log); return nil })
	check(t, err)
}
