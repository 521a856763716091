package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// The computations of perf/: a fork is a goroutine, a join a WaitGroup. Go's
// own code is in the leaves, which are those of perf/kernels written again.

// milli does a warm-up and the counted runs of run, in ms a run.
func (b *bench) milli(run func() span) {
	var wall, cpu []float64
	run()
	for i := 0; i < b.runs; i++ {
		s := run()
		wall = append(wall, float64(s.wall)/1e6)
		cpu = append(cpu, float64(s.cpu)/1e6)
	}
	b.row("wall", "ms", wall)
	b.row("cpu", "ms", cpu)
}

// size gives the first, or with -q the second.
func (b *bench) size(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// A fork costs so much that what is asked for a fork takes a smaller problem.
const fibN = 27

func fib(n int) int {
	if n < 2 {
		return n
	}
	var right int
	var join sync.WaitGroup
	join.Add(1)
	go func() {
		right = fib(n - 2)
		join.Done()
	}()
	left := fib(n - 1)
	join.Wait()
	return left + right
}

func serialFib(n int) int {
	if n < 2 {
		return n
	}
	return serialFib(n-1) + serialFib(n-2)
}

func computeFib(b *bench) {
	n := b.size(fibN, fibN-5)
	forks := serialFib(n+1) - 1
	want := serialFib(n)
	var core []float64
	b.throughput(forks, func() span {
		c := start()
		got := fib(n)
		s := c.stop()
		check(got == want, "fib")
		core = append(core, float64(s.wall)*float64(b.workers)/float64(forks))
		return s
	})
	b.row("core", "ns", core[1:]) // without the warm-up
}

type board [16]int8

func (b *board) safe(row, column int) bool {
	for i := 0; i < row; i++ {
		distance := int(b[i]) - column
		if distance == 0 || distance == row-i || distance == i-row {
			return false
		}
	}
	return true
}

func place(b board, size, row int) int {
	if row == size {
		return 1
	}
	var solutions [16]int
	var join sync.WaitGroup
	for column := 0; column < size; column++ {
		if !b.safe(row, column) {
			continue
		}
		next, column := b, column
		next[row] = int8(column)
		join.Add(1)
		go func() {
			solutions[column] = place(next, size, row+1)
			join.Done()
		}()
	}
	join.Wait()
	sum := 0
	for _, n := range solutions {
		sum += n
	}
	return sum
}

func nqueens(b *bench) {
	size, want := b.size(12, 10), b.size(14_200, 724)
	b.milli(func() span {
		c := start()
		got := place(board{}, size, 0)
		s := c.stop()
		check(got == want, "solutions")
		return s
	})
}

func sumOf(first, leaves int) int {
	if leaves == 1 {
		return first
	}
	leaves /= 10
	var sums [10]int
	var join sync.WaitGroup
	join.Add(len(sums))
	for i := range sums {
		i := i
		go func() {
			sums[i] = sumOf(first+i*leaves, leaves)
			join.Done()
		}()
	}
	join.Wait()
	sum := 0
	for _, n := range sums {
		sum += n
	}
	return sum
}

func skynet(b *bench) {
	n := b.size(1_000_000, 100_000)
	b.milli(func() span {
		c := start()
		got := sumOf(0, n)
		s := c.stop()
		check(got == n*(n-1)/2, "sum")
		return s
	})
}

const sortCutoff, mergeCutoff = 4096, 8192

func insertEach(keys []uint32) {
	for i := 1; i < len(keys); i++ {
		key, at := keys[i], i
		for ; at > 0 && keys[at-1] > key; at-- {
			keys[at] = keys[at-1]
		}
		keys[at] = key
	}
}

func mergeSerially(a, b, out []uint32) {
	for len(a) > 0 && len(b) > 0 {
		if b[0] < a[0] {
			out[0], b = b[0], b[1:]
		} else {
			out[0], a = a[0], a[1:]
		}
		out = out[1:]
	}
	copy(out[copy(out, a):], b)
}

func sortSerially(keys, spare []uint32, toSpare bool) {
	if len(keys) <= 24 {
		insertEach(keys)
		if toSpare {
			copy(spare, keys)
		}
		return
	}
	half := len(keys) / 2
	sortSerially(keys[:half], spare[:half], !toSpare)
	sortSerially(keys[half:], spare[half:], !toSpare)
	if toSpare {
		mergeSerially(keys[:half], keys[half:], spare)
	} else {
		mergeSerially(spare[:half], spare[half:], keys)
	}
}

func merge(a, b, out []uint32) {
	if len(out) <= mergeCutoff {
		mergeSerially(a, b, out)
		return
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	low := len(a) / 2
	other := sort.Search(len(b), func(i int) bool { return b[i] >= a[low] })
	var join sync.WaitGroup
	join.Add(1)
	go func() {
		merge(a[low:], b[other:], out[low+other:])
		join.Done()
	}()
	merge(a[:low], b[:other], out[:low+other])
	join.Wait()
}

func mergeSort(keys, spare []uint32, toSpare bool) {
	if len(keys) <= sortCutoff {
		sortSerially(keys, spare, toSpare)
		return
	}
	half := len(keys) / 2
	var join sync.WaitGroup
	join.Add(1)
	go func() {
		mergeSort(keys[half:], spare[half:], !toSpare)
		join.Done()
	}()
	mergeSort(keys[:half], spare[:half], !toSpare)
	join.Wait()
	if toSpare {
		merge(keys[:half], keys[half:], spare)
	} else {
		merge(spare[:half], spare[half:], keys)
	}
}

func measureSort(b *bench, how func(keys, spare []uint32)) {
	n := b.size(10_000_000, 1_000_000)
	keys, spare := make([]uint32, n), make([]uint32, n)
	b.milli(func() span {
		sum, x := uint64(0), newRandom()
		for i := range keys {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			keys[i] = uint32(x >> 32)
			sum += uint64(keys[i]) * uint64(keys[i])
		}
		c := start()
		how(keys, spare)
		s := c.stop()
		for i, key := range keys {
			check(i == 0 || keys[i-1] <= key, "order")
			sum -= uint64(key) * uint64(key)
		}
		check(sum == 0, "keys")
		return s
	})
}

type uint32s []uint32

func (s uint32s) Len() int           { return len(s) }
func (s uint32s) Less(i, j int) bool { return s[i] < s[j] }
func (s uint32s) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

func sortByLibrary(b *bench) {
	measureSort(b, func(keys, _ []uint32) { sort.Sort(uint32s(keys)) })
}

func sortByMerging(b *bench) {
	measureSort(b, func(keys, spare []uint32) { mergeSort(keys, spare, false) })
}

// each splits a range in as many parts as there are workers.
func (b *bench) each(n int, part func(begin, end, worker int)) {
	var join sync.WaitGroup
	join.Add(b.workers - 1)
	for i := 1; i < b.workers; i++ {
		i := i
		go func() {
			part(n*i/b.workers, n*(i+1)/b.workers, i)
			join.Done()
		}()
	}
	part(0, n/b.workers, 0)
	join.Wait()
}

func forSum(b *bench) {
	n := b.size(100_000_000, 10_000_000)
	numbers := make([]float64, n)
	want := 0.0
	for i := range numbers {
		numbers[i] = float64(i % 16)
		want += numbers[i]
	}
	b.milli(func() span {
		sums := make([]float64, b.workers*8) // a cache line each
		c := start()
		b.each(n, func(begin, end, worker int) {
			sum := [4]float64{}
			for i := begin; i+4 <= end; i += 4 {
				four := numbers[i : i+4 : i+4]
				sum[0] += four[0]
				sum[1] += four[1]
				sum[2] += four[2]
				sum[3] += four[3]
			}
			for i := end - (end-begin)%4; i < end; i++ {
				sum[0] += numbers[i]
			}
			sums[worker*8] = sum[0] + sum[1] + sum[2] + sum[3]
		})
		got := 0.0
		for _, sum := range sums {
			got += sum
		}
		s := c.stop()
		check(got == want, "sum")
		return s
	})
}

func forTiny(b *bench) {
	const tiny = 1000
	loops := b.size(10_000, 1_000)
	var x, y [tiny]float32
	for i := range x {
		x[i] = float32(i % 4)
	}
	b.throughput(loops, func() span {
		for i := range y {
			y[i] = 1
		}
		c := start()
		for i := 0; i < loops; i++ {
			b.each(tiny, func(begin, end, _ int) {
				from, to := x[begin:end], y[begin:end]
				for j := range to {
					to[j] += 2 * from[j]
				}
			})
		}
		s := c.stop()
		for i := range y {
			check(y[i] == 1+2*x[i]*float32(loops), "sums")
		}
		return s
	})
}

// mixed has a goroutine a worker that computes, and never gives way by itself.
func mixed(b *bench) {
	const sleepers, nap = 1_000, 10 * time.Millisecond
	naps := b.scale(200)
	b.latenciesOf(1, sleepers*naps, func() (span, []int64) {
		late := make([]int64, sleepers*naps)
		var ended atomic.Bool
		var computing, sleeping sync.WaitGroup
		c := start()
		computing.Add(b.workers)
		for i := 0; i < b.workers; i++ {
			go func() {
				for !ended.Load() {
					check(serialFib(27) == 196_418, "fib")
				}
				computing.Done()
			}()
		}
		sleeping.Add(sleepers)
		for i := 0; i < sleepers; i++ {
			i := i
			go func() {
				time.Sleep(nap * time.Duration(i) / sleepers)
				for j := 0; j < naps; j++ {
					due := time.Now().Add(nap)
					time.Sleep(nap)
					late[i*naps+j] = int64(time.Since(due))
				}
				sleeping.Done()
			}()
		}
		sleeping.Wait()
		ended.Store(true)
		computing.Wait()
		return c.stop(), late
	})
}

func forkIdle(b *bench) {
	fib(22)
	begin := processCPU()
	time.Sleep(100 * time.Millisecond)
	early := processCPU()
	time.Sleep(time.Duration(b.size(1_900, 400)) * time.Millisecond)
	end := processCPU()
	b.row("cpu", "us", []float64{float64(end-begin) / 1e3})
	b.row("later", "us", []float64{float64(end-early) / 1e3})
}
