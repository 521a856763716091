/*
 * steal.h - libsteal, a work-stealing scheduler of futures and tasks.
 *
 * A future is polled; it is ready, or it has seen to it that its waker is
 * woken when polling makes sense again.  A task is a future that a runtime
 * polls.  A runtime is a set of workers, threads that take tasks from one
 * another, with one libuv loop that tells them of time and of descriptors.  What
 * would block is awaited: tasks read and write descriptors by themselves and wait
 * when there is nothing to do; files and other calls that block run on threads of
 * their own.
 *
 * Futures and tasks
 *
 *     future.h     poll, READY and PENDING, drop
 *     waker.h      the context of a poll, and its waker
 *     async.h      poll functions that read like programs
 *     combine.h    futures made of others: all, the first, one after another
 *     task.h       spawn, join, abort, detach; task-local data
 *     group.h      tasks that end together
 *     stream.h     items one after the other, and work for each of them
 *     runtime.h    options, start, block on a future, stop
 *
 * Computations
 *
 *     fork.h       jobs: fork, join, run, await
 *     loop.h       for, reduce, scan, invoke
 *     sort.h       sort
 *
 * What tasks wait for, and talk through
 *
 *     channel.h    a queue of messages, bounded or not
 *     oneshot.h    one value, once
 *     broadcast.h  every receiver gets every message
 *     watch.h      one value that changes
 *     mutex.h      one at a time
 *     rwlock.h     many readers, or one writer
 *     semaphore.h  permits
 *     notify.h     tell one task, or all, that something has changed
 *     event.h      wait until something has happened; latches
 *     barrier.h    tasks that wait for one another
 *     once.h       initialise once, whoever comes first
 *     cancel.h     ask tasks to give up, with all that they have begun
 *
 * Time and the outside world
 *
 *     time.h       the clock, sleep, timeout, ticks, queues of deadlines
 *     fd.h         descriptors that tasks can wait for
 *     io.h         read and write them
 *     net.h        TCP, UDP and Unix sockets
 *     resolve.h    names of hosts, and connecting to them
 *     reader.h     lines and other pieces of a stream, through a buffer
 *     copy.h       from one stream to another, and both ways
 *     blocking.h   calls that block, on threads of their own
 *     file.h       files and directories
 *     file_watch.h be told when files change
 *     process.h    children: start, feed, wait, kill
 *     signal.h     signals as a stream of events
 *     tty.h        terminals
 *
 * Insight
 *
 *     metrics.h    what the workers do, in numbers
 *     debug.h      polls that take too long
 *     dump.h       which tasks there are, and what each waits for
 *     simulate.h   runs that can be had again: one thread, a seed, simulated time
 */
#ifndef STEAL_H
#define STEAL_H

#include <steal/async.h>
#include <steal/barrier.h>
#include <steal/base.h>
#include <steal/blocking.h>
#include <steal/broadcast.h>
#include <steal/cancel.h>
#include <steal/channel.h>
#include <steal/combine.h>
#include <steal/copy.h>
#include <steal/debug.h>
#include <steal/dump.h>
#include <steal/event.h>
#include <steal/fd.h>
#include <steal/file.h>
#include <steal/file_watch.h>
#include <steal/fork.h>
#include <steal/future.h>
#include <steal/group.h>
#include <steal/io.h>
#include <steal/loop.h>
#include <steal/metrics.h>
#include <steal/mutex.h>
#include <steal/net.h>
#include <steal/notify.h>
#include <steal/once.h>
#include <steal/oneshot.h>
#include <steal/process.h>
#include <steal/reader.h>
#include <steal/resolve.h>
#include <steal/runtime.h>
#include <steal/rwlock.h>
#include <steal/semaphore.h>
#include <steal/signal.h>
#include <steal/simulate.h>
#include <steal/sort.h>
#include <steal/stream.h>
#include <steal/task.h>
#include <steal/time.h>
#include <steal/trace.h>
#include <steal/tty.h>
#include <steal/waker.h>
#include <steal/watch.h>

#endif
