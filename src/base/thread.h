/*
 * thread.h - starting a thread of the library's.
 *
 * Such a thread blocks all signals but those that its own code can raise, and
 * SIGCHLD, so that the application's handlers run on the application's threads.
 *
 * Threads: any.
 */
#ifndef STEAL_BASE_THREAD_H
#define STEAL_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/*
 * Starts a thread with a stack of `stack_size` bytes (0: the system's default).
 * Returns 0, or a negative errno code: -EAGAIN, or -EINVAL for a size that
 * cannot be.
 */
int steal__thread_start(pthread_t *thread, size_t stack_size,
        void *(*run)(void *arg), void *arg);

/* What debuggers call it: 15 characters.  The thread has not been joined. */
void steal__thread_name(pthread_t thread, const char *name);

/* A number of the calling thread for steal__thread_signal(); never 0. */
int steal__thread_number(void);

/* Sends a signal with si_code SI_QUEUE and this pointer for a value.  False: there
 * is no such thread, or no such call. */
bool steal__thread_signal(int number, int signal, void *value);

/* For a thread of the application's that does the work of one of ours for a while:
 * what it writes to a broken pipe is an error then, and no signal. */
struct thread_guard {
    sigset_t mask;
    bool was_pending;
};

void steal__thread_guard(struct thread_guard *guard);
void steal__thread_unguard(const struct thread_guard *guard);

#endif
