package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// bench is one bench's settings.
type bench struct {
	name          string
	workers, runs int
	quick         bool
}

// scale gives a tenth of the work with -q.
func (b *bench) scale(n int) int {
	if !b.quick {
		return n
	}
	if n < 10 {
		return 1
	}
	return n / 10
}

// row prints one row; values holds a value a run.
func (b *bench) row(metric, unit string, values []float64) {
	sort.Float64s(values)
	n := len(values)
	fmt.Printf("go\t%s\t%s\t%d\t%s\t%s\t%.3f\t%.3f\t%.3f\n",
		strings.TrimPrefix(runtime.Version(), "go"), b.name, b.workers, metric, unit,
		(values[(n-1)/2]+values[n/2])/2, values[0], values[n-1])
}

// throughput does a warm-up and the counted runs of run, which does ops
// operations.
func (b *bench) throughput(ops int, run func() span) {
	var wall, cpu []float64
	run()
	for i := 0; i < b.runs; i++ {
		s := run()
		wall = append(wall, float64(s.wall)/float64(ops))
		cpu = append(cpu, float64(s.cpu)/float64(ops))
	}
	b.row("wall", "ns", wall)
	b.row("cpu", "ns", cpu)
}

// latencies is the same for a bench of latencies: run gives them in ns, with
// the span over which its ops operations took place.
func (b *bench) latencies(ops int, run func() (span, []int64)) {
	run()
	b.latenciesOf(b.runs, ops, run)
}

// latenciesOf is the same without a warm-up.
func (b *bench) latenciesOf(runs, ops int, run func() (span, []int64)) {
	points := []float64{0.5, 0.99, 0.999}
	values := make([][]float64, len(points))
	var cpu []float64
	for i := 0; i < runs; i++ {
		s, ns := run()
		check(len(ns) == ops, "a latency an operation")
		sort.Slice(ns, func(i, j int) bool { return ns[i] < ns[j] })
		check(ns[0] >= 0, "a latency below 0")
		for k, p := range points {
			rank := int(math.Ceil(p * float64(ops)))
			values[k] = append(values[k], float64(ns[rank-1])/1000)
		}
		cpu = append(cpu, float64(s.cpu)/float64(ops))
	}
	for k, name := range []string{"p50", "p99", "p999"} {
		b.row(name, "us", values[k])
	}
	b.row("cpu", "ns", cpu)
}

// check ends the process when a bench has not done what it should have.
func check(ok bool, what string) {
	if !ok {
		panic("check failed: " + what)
	}
}

// span is wall time and the process's user + system time, in ns.
type span struct{ wall, cpu int64 }

type clock struct {
	wall time.Time
	cpu  int64
}

func start() clock {
	cpu := processCPU()
	return clock{time.Now(), cpu}
}

func (c clock) stop() span {
	wall := time.Since(c.wall)
	return span{int64(wall), processCPU() - c.cpu}
}

func processCPU() int64 {
	const clockProcessCPUTimeID = 2
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME,
		clockProcessCPUTimeID, uintptr(unsafe.Pointer(&ts)), 0)
	check(errno == 0, "clock_gettime")
	return ts.Nano()
}

// rss gives the process's resident set in bytes.
func rss() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	check(err == nil, "statm")
	var size, resident int64
	_, err = fmt.Sscan(string(statm), &size, &resident)
	check(err == nil, "statm")
	return resident * int64(os.Getpagesize())
}

// busy is goroutines that keep every worker busy: two a worker, each of which
// yields and then burns 10 us, giving its processor up to other threads.
type busy struct {
	stopped atomic.Bool
	tasks   sync.WaitGroup
}

func startBusy(workers int) *busy {
	b := &busy{}
	b.tasks.Add(2 * workers)
	for i := 0; i < 2*workers; i++ {
		go func() {
			turns := 0
			for !b.stopped.Load() {
				runtime.Gosched()
				for t := time.Now(); time.Since(t) < 10*time.Microsecond; {
					syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0)
				}
				turns++
			}
			check(turns > 0, "a busy goroutine never ran")
			b.tasks.Done()
		}()
	}
	return b
}

func (b *busy) stop() {
	b.stopped.Store(true)
	b.tasks.Wait()
}

// random is xorshift64: every peer draws the same durations.
type random uint64

func newRandom() random { return 0x9e3779b97f4a7c15 }

// micros gives a duration of low to high us, high excluded.
func (r *random) micros(low, high uint64) time.Duration {
	*r ^= *r << 13
	*r ^= *r >> 7
	*r ^= *r << 17
	return time.Duration(low+uint64(*r)%(high-low)) * time.Microsecond
}
