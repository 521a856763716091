// The go-peer program: benchmarks of Go's scheduler, one TAB separated row a
// metric: system, version, bench, workers, metric, unit, median, min, max.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

var benches = []struct {
	name string
	run  func(*bench)
}{
	{"spawn_local", spawnLocal},
	{"spawn_join", spawnJoin},
	{"yield_many_now", yieldManyNow},
	{"yield_one_now", yieldOneNow},
	{"ping_pong", pingPong},
	{"chained_spawn", chainedSpawn},
	{"waker_pair", wakerPair},
	{"wake_external", wakeExternal},
	{"wake_busy", wakeBusy},
	{"timers_cancel", timersCancel},
	{"timers_storm", timersStorm},
	{"memory", memory},
	{"idle", idle},
	{"mpsc_1_1", mpsc(1)},
	{"mpsc_5_1", mpsc(5)},
	{"mpsc_uncontended", mpscUncontended},
	{"oneshot_ready", oneshotReady},
	{"request_reply", requestReply},
	{"mutex_uncontended", mutexUncontended},
	{"mutex_contended", mutexContended},
	{"semaphore_uncontended", semaphoreUncontended},
	{"semaphore_contended", semaphoreContended},
	{"rwlock_read", rwlockRead},
	{"rwlock_write", rwlockWrite},
	{"rwlock_mixed", rwlockMixed},
	{"notify_one_100", notify(100, 500_000, 1, (*sync.Cond).Signal)},
	{"notify_waiters_500", notify(500, 200_000, 500, (*sync.Cond).Broadcast)},
	{"fib", computeFib},
	{"nqueens", nqueens},
	{"skynet", skynet},
	{"sort_u32", sortByLibrary},
	{"mergesort", sortByMerging},
	{"for_sum", forSum},
	{"for_tiny_in", forTiny},
	{"mixed", mixed},
	{"fork_idle", forkIdle},
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: go-peer [-b bench[,bench...]] [-w workers] [-r runs] [-q]")
	fmt.Fprintln(os.Stderr, "       go-peer -s echo|http [-p port] [-u path] [-w workers]")
	fmt.Fprint(os.Stderr, "benches:")
	for _, b := range benches {
		fmt.Fprint(os.Stderr, " ", b.name)
	}
	fmt.Fprintln(os.Stderr)
	os.Exit(2)
}

func find(name string) func(*bench) {
	for _, b := range benches {
		if b.name == name {
			return b.run
		}
	}
	usage()
	return nil
}

func main() {
	flag.Usage = usage
	list := flag.String("b", "", "")
	workers := flag.Int("w", 2, "")
	runs := flag.Int("r", 5, "")
	quick := flag.Bool("q", false, "")
	server := flag.String("s", "", "")
	port := flag.Int("p", 0, "")
	path := flag.String("u", "", "")
	flag.Parse()
	if flag.NArg() > 0 || *workers < 1 || *runs < 1 {
		usage()
	}
	if *server != "" {
		runtime.GOMAXPROCS(*workers)
		serve(*server, *port, *path)
	}
	var names []string
	if *list != "" {
		names = strings.Split(*list, ",")
	} else {
		for _, b := range benches {
			names = append(names, b.name)
		}
	}
	for _, name := range names {
		find(name)
	}
	if len(names) == 1 {
		runtime.GOMAXPROCS(*workers)
		find(names[0])(&bench{names[0], *workers, *runs, *quick})
		return
	}

	// A process a bench: the heap and the threads that one leaves behind must
	// not show in the next one's figures.
	exe, err := os.Executable()
	check(err == nil, "own path")
	failed := 0
	for _, name := range names {
		child := exec.Command(exe, "-b", name, "-w", strconv.Itoa(*workers),
			"-r", strconv.Itoa(*runs), "-q="+strconv.FormatBool(*quick))
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "go-peer: %s: %v\n", name, err)
			failed = 1
		}
	}
	os.Exit(failed)
}
