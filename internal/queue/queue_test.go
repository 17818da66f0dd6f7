package queue_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/seed7e043c35/lastcall/internal/queue"
)

// An ear is a listener that keeps what it hears. Of items that were missed it
// hears their number, negative.
type ear struct {
	mu    sync.Mutex
	heard []int
}

func (e *ear) hear(item int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, item)
}

func missed(_ int, n uint64) int { return -int(n) }

func (e *ear) want(t *testing.T, want ...int) {
	t.Helper()
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.heard, want) {
		t.Errorf("heard %v, want %v", e.heard, want)
	}
}

// numbers returns the numbers from..to.
func numbers(from, to int) (all []int) {
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func appendAll(q *queue.Queue[int], items []int) {
	for _, item := range items {
		q.Append(item)
	}
}

func TestListen_hearsWhatIsThereAndThenWhateverComesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var early, late ear
		q.Listen(early.hear, missed)
		appendAll(&q, numbers(1, 3))
		early.want(t, 1, 2, 3)
		q.Listen(late.hear, missed)
		appendAll(&q, numbers(4, 5))
		early.want(t, 1, 2, 3, 4, 5)
		late.want(t, 1, 2, 3, 4, 5)
	})
}

func TestListenerThatBlocks_delaysNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var other ear
		block := make(chan struct{})
		q.Listen(func(int) { <-block }, missed)
		q.Listen(other.hear, missed)
		appendAll(&q, numbers(1, 3))
		other.want(t, 1, 2, 3)
		close(block)
	})
}

// It keeps so many items, and no more: a slow listener is told of the others in
// their place.
func TestListenerThatIsSlow_isToldHowManyItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var slow ear
		block := make(chan struct{})
		q.Listen(func(item int) { <-block; slow.hear(item) }, missed)
		q.Append(0)
		synctest.Wait() // it is hearing that
		appendAll(&q, numbers(1, queue.Size+7))
		close(block)
		slow.want(t, slices.Concat([]int{0, -7}, numbers(8, queue.Size+7))...)
	})
}

func TestListen_toAFullQueueHearsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var e ear
		appendAll(&q, numbers(1, 3*queue.Size/2))
		q.Listen(e.hear, missed)
		e.want(t, numbers(queue.Size/2+1, 3*queue.Size/2)...)
	})
}

func TestPanicOrGoexit_endsThatOneCall(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("burst") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var q queue.Queue[int]
				var e ear
				q.Listen(func(item int) {
					e.hear(item)
					if item == 2 {
						end()
					}
				}, missed)
				appendAll(&q, numbers(1, 4))
				e.want(t, 1, 2, 3, 4)
			})
		})
	}
}

func TestStop_letsAListenerHearNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var e ear
		var l *queue.Listener[int]
		l = q.Listen(func(item int) {
			e.hear(item)
			if item == 2 {
				q.Stop(l) // from inside, and twice
				q.Stop(l)
			}
		}, missed)
		appendAll(&q, numbers(1, 4))
		e.want(t, 1, 2)
		q.Append(5)
		e.want(t, 1, 2)
	})
}

// A listener may do to the queue whatever others may.
func TestListener_mayAppendAndListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var e, inner ear
		q.Listen(func(item int) {
			e.hear(item)
			if item == 1 {
				q.Append(2)
				q.Listen(inner.hear, missed)
			}
		}, missed)
		q.Append(1)
		e.want(t, 1, 2)
		inner.want(t, 1, 2)
	})
}

func TestBehind_isOfThoseThatHaveNotHeardEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		block := make(chan struct{})
		q.Listen(func(int) {}, missed)
		q.Listen(func(int) { <-block }, missed)
		if behind := q.Behind(); len(behind) != 0 {
			t.Errorf("%d are behind although nothing was said", len(behind))
		}
		appendAll(&q, numbers(1, 2))
		synctest.Wait()
		behind := q.Behind()
		if len(behind) != 1 {
			t.Fatalf("%d are behind, want the one that blocks", len(behind))
		}
		again := q.Behind()
		block <- struct{}{}
		synctest.Wait()
		for _, c := range []<-chan struct{}{behind[0], again[0]} {
			select {
			case <-c:
				t.Error("it has caught up with half of what was said")
			default:
			}
		}
		close(block)
		<-behind[0]
		<-again[0]
		if behind := q.Behind(); len(behind) != 0 {
			t.Errorf("%d are behind at the end", len(behind))
		}
	})
}

// An idle queue has no goroutines: the bubble ends with everything in it.
func TestQueue_thatIsIdleHasNoGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		for range 100 {
			q.Listen(func(int) {}, missed)
		}
		appendAll(&q, numbers(1, 100))
	})
}

func TestEverything_fromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue.Queue[int]
		var all sync.WaitGroup
		var e ear
		q.Listen(e.hear, missed)
		for i := range 50 {
			all.Go(func() {
				l := q.Listen(func(int) {}, missed)
				for range 20 {
					q.Append(i)
				}
				q.Behind()
				q.Stop(l)
			})
		}
		all.Wait()
		synctest.Wait()
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.heard) != 50*20 {
			t.Errorf("heard %d items, want %d", len(e.heard), 50*20)
		}
	})
}
