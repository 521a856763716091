package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// capacity is how many messages a channel holds.
const capacity = 128

// contenders is how many goroutines contend for a lock.
const contenders = 5

// timed times task for ops operations, or for a tenth.
func (b *bench) timed(ops int, task func(n int)) {
	n := b.scale(ops)
	b.throughput(n, func() span {
		c := start()
		task(n)
		return c.stop()
	})
}

// together runs task in so many goroutines at once.
func together(goroutines int, task func()) {
	var all sync.WaitGroup
	all.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			task()
			all.Done()
		}()
	}
	all.Wait()
}

// mpsc gives the bench in which one goroutine receives what others send.
func mpsc(senders int) func(*bench) {
	return func(b *bench) { b.timed(1_000_000, func(n int) { sendAndReceive(senders, n) }) }
}

func sendAndReceive(senders, n int) {
	channel, each := make(chan uint64, capacity), uint64(n/senders)
	for i := 0; i < senders; i++ {
		go func() {
			for i := uint64(0); i < each; i++ {
				channel <- i
			}
		}()
	}
	sum := uint64(0)
	for i := 0; i < n; i++ {
		sum += <-channel
	}
	check(sum == uint64(senders)*(each*(each-1)/2), "sum")
	check(len(channel) == 0, "messages")
}

func mpscUncontended(b *bench) {
	b.timed(1_000_000, func(n int) {
		channel := make(chan uint64, capacity)
		for i := uint64(0); i < uint64(n); i++ {
			channel <- i
			check(<-channel == i, "message")
		}
	})
}

func oneshotReady(b *bench) {
	b.timed(1_000_000, func(n int) {
		for i := uint64(0); i < uint64(n); i++ {
			oneshot := make(chan uint64, 1)
			oneshot <- i
			check(<-oneshot == i, "message")
		}
	})
}

type question struct {
	value uint64
	reply chan uint64
}

func requestReply(b *bench) {
	b.timed(300_000, func(n int) {
		questions := make(chan question, capacity)
		go func() {
			for q := range questions {
				q.reply <- q.value + 1
			}
		}()
		for i := uint64(0); i < uint64(n); i++ {
			reply := make(chan uint64, 1)
			questions <- question{i, reply}
			check(<-reply == i+1, "reply")
		}
		close(questions)
	})
}

func mutexUncontended(b *bench) {
	b.timed(2_000_000, func(n int) {
		var mutex sync.Mutex
		count := 0
		for i := 0; i < n; i++ {
			mutex.Lock()
			count++
			mutex.Unlock()
		}
		check(count == n, "locks")
	})
}

func mutexContended(b *bench) {
	b.timed(1_000_000, func(n int) {
		var mutex sync.Mutex
		count := 0
		together(contenders, func() {
			for i := 0; i < n/contenders; i++ {
				mutex.Lock()
				count++
				mutex.Unlock()
			}
		})
		check(count == n, "locks")
	})
}

// Go's library has no semaphore: a channel stands in, as is the custom.

func semaphoreUncontended(b *bench) {
	b.timed(2_000_000, func(n int) {
		semaphore := make(chan struct{}, 1)
		for i := 0; i < n; i++ {
			semaphore <- struct{}{}
			<-semaphore
		}
		check(len(semaphore) == 0, "permits")
	})
}

func semaphoreContended(b *bench) {
	const permits, tasks = 5, 6
	b.timed(300_000, func(n int) {
		semaphore := make(chan struct{}, permits)
		var acquired atomic.Int64
		together(tasks, func() {
			count := 0
			for ; count < n/tasks; count++ {
				semaphore <- struct{}{}
				runtime.Gosched()
				<-semaphore
			}
			acquired.Add(int64(count))
		})
		check(acquired.Load() == int64(n), "acquired")
		check(len(semaphore) == 0, "permits")
	})
}

func rwlockRead(b *bench) {
	b.timed(2_000_000, func(n int) {
		var lock sync.RWMutex
		value, sum := 1, 0
		for i := 0; i < n; i++ {
			lock.RLock()
			sum += value
			lock.RUnlock()
		}
		check(sum == n, "reads")
	})
}

func rwlockWrite(b *bench) {
	b.timed(2_000_000, func(n int) {
		var lock sync.RWMutex
		value := 0
		for i := 0; i < n; i++ {
			lock.Lock()
			value++
			lock.Unlock()
		}
		check(value == n, "writes")
	})
}

func rwlockMixed(b *bench) {
	b.timed(500_000, func(n int) {
		var lock sync.RWMutex
		value := 0
		together(contenders, func() {
			last := 0
			for i := 1; i <= n/contenders; i++ {
				if i%10 == 0 {
					lock.Lock()
					value++
					lock.Unlock()
				} else {
					lock.RLock()
					seen := value
					lock.RUnlock()
					check(seen >= last, "a write lost")
					last = seen
				}
			}
		})
		check(value == n/10, "writes")
	})
}

// waiters is goroutines that wait on one condition and count how often they are
// woken.
type waiters struct {
	sync.Mutex
	cond    *sync.Cond
	count   atomic.Int64
	stopped bool
	all     sync.WaitGroup
}

func startWaiters(goroutines int) *waiters {
	w := &waiters{}
	w.cond = sync.NewCond(w)
	w.all.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			w.Lock()
			for w.cond.Wait(); !w.stopped; w.cond.Wait() {
				w.count.Add(1)
			}
			w.Unlock()
			w.all.Done()
		}()
	}
	time.Sleep(2 * time.Millisecond) // they wait, the workers park
	return w
}

func (w *waiters) stop() {
	w.Lock()
	w.stopped = true
	w.Unlock()
	w.cond.Broadcast()
	w.all.Wait()
}

// notify gives the bench in which this goroutine calls wake, which wakes most
// of the goroutines at the most, until so many wakes have been counted. As it
// never blocks, it gets a processor beside those of the workers.
func notify(goroutines, wakes int, most int64, wake func(*sync.Cond)) func(*bench) {
	return func(b *bench) {
		n := b.scale(wakes)
		runtime.GOMAXPROCS(b.workers + 1)
		b.throughput(n, func() span {
			w, calls := startWaiters(goroutines), int64(0)
			c := start()
			for w.count.Load() < int64(n) {
				wake(w.cond)
				calls++
			}
			s := c.stop()
			w.stop()
			check(w.count.Load() <= calls*most, "stray wakes")
			return s
		})
	}
}
