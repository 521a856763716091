package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The numbers of tasks are those of Tokio's own benchmarks of its multi-thread
// runtime; a run repeats them for a number of rounds.

func spawnLocal(b *bench) {
	const spawn = 10_000
	rounds := b.scale(20)
	b.throughput(rounds*spawn, func() span {
		var ran atomic.Int64
		c := start()
		for i := 0; i < rounds; i++ {
			var all sync.WaitGroup
			all.Add(spawn)
			for j := 0; j < spawn; j++ {
				go all.Done()
			}
			all.Wait()
			ran.Add(spawn)
		}
		s := c.stop()
		check(ran.Load() == int64(rounds*spawn), "goroutines")
		return s
	})
}

func spawnJoin(b *bench) {
	n := b.scale(100_000)
	b.throughput(n, func() span {
		sum := 0
		c := start()
		for i := 0; i < n; i++ {
			i, join := i, make(chan int, 1)
			go func() { join <- i }()
			sum += <-join
		}
		s := c.stop()
		check(sum == n*(n-1)/2, "joined values")
		return s
	})
}

// Go's only yield puts the goroutine at the end of the global queue, as
// Tokio's yield_now does not wake at once either: hence the names.

func yieldManyNow(b *bench) {
	const tasks, yields = 200, 1_000
	rounds := b.scale(10)
	b.throughput(rounds*tasks*yields, func() span {
		var total atomic.Int64
		c := start()
		for i := 0; i < rounds; i++ {
			var all sync.WaitGroup
			all.Add(tasks)
			for j := 0; j < tasks; j++ {
				go func() {
					n := 0
					for ; n < yields; n++ {
						runtime.Gosched()
					}
					total.Add(int64(n))
					all.Done()
				}()
			}
			all.Wait()
		}
		s := c.stop()
		check(total.Load() == int64(rounds*tasks*yields), "yields")
		return s
	})
}

func yieldOneNow(b *bench) {
	n := b.scale(1_000_000)
	b.throughput(n, func() span {
		c := start()
		for i := 0; i < n; i++ {
			runtime.Gosched()
		}
		return c.stop()
	})
}

func pingPong(b *bench) {
	const pairs = 1_000
	rounds := b.scale(50)
	b.throughput(rounds*pairs, func() span {
		c := start()
		for i := 0; i < rounds; i++ {
			var all sync.WaitGroup
			all.Add(pairs)
			for j := 0; j < pairs; j++ {
				j := j
				go func() {
					ping, pong := make(chan int, 1), make(chan int, 1)
					go func() { pong <- <-ping }()
					ping <- j
					check(<-pong == j, "pong")
					all.Done()
				}()
			}
			all.Wait()
		}
		return c.stop()
	})
}

func chainedSpawn(b *bench) {
	const links = 1_000
	rounds := b.scale(100)
	b.throughput(rounds*links, func() span {
		c := start()
		for i := 0; i < rounds; i++ {
			var all sync.WaitGroup
			all.Add(links)
			var link func(left int)
			link = func(left int) {
				if left > 1 {
					go link(left - 1)
				}
				all.Done()
			}
			go link(links)
			all.Wait()
		}
		return c.stop()
	})
}

// wakerPair passes a count to and fro over two channels: Go's waker is the
// goroutine that waits in a channel.
func wakerPair(b *bench) {
	n := b.scale(500_000)
	b.throughput(n, func() span {
		ping, pong := make(chan int, 1), make(chan int, 1)
		c := start()
		go func() {
			for i := 0; i < n; i++ {
				pong <- <-ping
			}
		}()
		for i := 0; i < n; i++ {
			ping <- i
			check(<-pong == i, "in turns")
		}
		return c.stop()
	})
}

// wakes wakes a goroutine n times, once a millisecond, from one that has its
// thread to itself: the nearest that Go has to a foreign thread. It sleeps in
// Go's way, as a thread that sleeps in a system call keeps its processor (one
// of the few workers) until the runtime's monitor notices.
func wakes(n int) (span, []int64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	base := time.Now()
	mailbox, done := make(chan time.Duration, 1), make(chan []int64)
	var seen atomic.Int64
	go func() {
		latencies := make([]int64, 0, n)
		for i := 0; i < n; i++ {
			sent := <-mailbox
			latencies = append(latencies, int64(time.Since(base)-sent))
			seen.Add(1)
		}
		done <- latencies
	}()
	c := start()
	for i := 0; i < n; i++ {
		time.Sleep(time.Millisecond)
		for seen.Load() < int64(i) { // it has not yet got over the wake before
			runtime.Gosched()
		}
		mailbox <- time.Since(base)
	}
	latencies := <-done
	return c.stop(), latencies
}

func wakeExternal(b *bench) {
	n := b.scale(2_000)
	b.latencies(n, func() (span, []int64) { return wakes(n) })
}

func wakeBusy(b *bench) {
	n := b.scale(2_000)
	b.latencies(n, func() (span, []int64) {
		busy := startBusy(b.workers)
		defer busy.stop()
		return wakes(n)
	})
}

func timersCancel(b *bench) {
	const alive = 10_000
	batches := b.scale(100)
	b.throughput(batches*alive, func() span {
		r := newRandom()
		timers := make([]*time.Timer, alive)
		stopped := 0
		c := start()
		for i := 0; i < batches; i++ {
			for j := range timers {
				timers[j] = time.NewTimer(r.micros(1_000_000, 60_000_000))
			}
			for _, t := range timers {
				if t.Stop() {
					stopped++
				}
			}
		}
		s := c.stop()
		check(stopped == batches*alive, "stopped timers")
		return s
	})
}

func timersStorm(b *bench) {
	n := b.scale(100_000)
	b.latencies(n, func() (span, []int64) {
		late := make([]int64, n)
		r := newRandom()
		var all sync.WaitGroup
		all.Add(n)
		c := start()
		for i := 0; i < n; i++ {
			i, d := i, r.micros(1_000, 1_000_000)
			go func() {
				from := time.Now()
				time.Sleep(d)
				late[i] = int64(time.Since(from) - d)
				all.Done()
			}()
		}
		all.Wait()
		return c.stop(), late
	})
}

// memory is one run: the memory of the first cannot be given back for a
// second.
func memory(b *bench) {
	n := b.scale(1_000_000)
	var asleep, woken atomic.Int64
	before := rss()
	for i := 0; i < n; i++ {
		go func() {
			asleep.Add(1)
			time.Sleep(time.Hour)
			woken.Add(1)
		}()
	}
	for asleep.Load() < int64(n) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // the last ones fall asleep
	after := rss()
	check(woken.Load() == 0, "woken goroutines")
	b.row("rss", "bytes", []float64{float64(after-before) / float64(n)})
}

func idle(b *bench) {
	long := 5 * time.Second
	if b.quick {
		long = 2 * time.Second
	}
	var woken atomic.Bool
	go func() {
		time.Sleep(time.Hour)
		woken.Store(true)
	}()
	time.Sleep(200 * time.Millisecond) // the workers park
	var cpu []float64
	for i := 0; i < b.runs; i++ {
		c := start()
		time.Sleep(long)
		cpu = append(cpu, float64(c.stop().cpu))
	}
	check(!woken.Load(), "the sleep ended")
	b.row("cpu", "ns", cpu)
}
