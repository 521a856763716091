/*
 * process.h - what the server's process takes: processor time and memory; and
 * what the whole machine does.
 *
 * The time is user and system time of all its threads, also of those that have
 * ended, in ns: the kernel's clock of the process, which other processes may
 * read as well.  It is what /proc tells in ticks.
 */
#ifndef STEAL_PERF_LOAD_PROCESS_H
#define STEAL_PERF_LOAD_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

uint64_t process_cpu(pid_t pid);

/* Resident bytes. */
uint64_t process_memory(pid_t pid);

/* For how long the processors of this machine have been idle, all together, to
 * within a tick; ns. */
uint64_t machine_idle(void);
unsigned machine_processors(void);

#endif
