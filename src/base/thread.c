#include "thread.h"

#include <errno.h>
#include <time.h>

#include "affinity.h"

/*
 * What a thread does to itself must reach it; SIGPROF is for profilers, which want
 * all threads.  That a child has ended must reach libuv although the application's
 * own threads may all block that, as daemons do that use sigwait().
 */
static void
set_blocked(sigset_t *set)
{
    static const int open[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
        SIGABRT, SIGSYS, SIGPROF, SIGCHLD };

    sigfillset(set);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        sigdelset(set, open[i]);
}

/* A new thread inherits the signal mask: with it there is no moment without.  It
 * also inherits that a worker is bound, and is not to be. */
static int
create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *arg),
        void *arg)
{
    sigset_t blocked;
    sigset_t before;
    int error;

    set_blocked(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    steal__affinity_lift();
    error = pthread_create(thread, attr, run, arg);
    steal__affinity_restore();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -error;
}

int
steal__thread_start(pthread_t *thread, size_t stack_size,
        void *(*run)(void *arg), void *arg)
{
    pthread_attr_t attr;
    int error = -pthread_attr_init(&attr);

    if (error)
        return error;
    if (stack_size)
        error = -pthread_attr_setstacksize(&attr, stack_size);
    if (!error)
        error = create(thread, &attr, run, arg);
    pthread_attr_destroy(&attr);
    return error;
}

void
steal__thread_name(pthread_t thread, const char *name)
{
#ifdef __linux__
    pthread_setname_np(thread, name);
#else
    (void)thread;
    (void)name;
#endif
}

#ifdef __linux__

# include <string.h>
# include <sys/syscall.h>
# include <unistd.h>

int
steal__thread_number(void)
{
    return (int)syscall(SYS_gettid);
}

bool
steal__thread_signal(int number, int signal, void *value)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = value;
    return syscall(SYS_rt_tgsigqueueinfo, info.si_pid, number, signal, &info) ==
           0;
}

#else

int
steal__thread_number(void)
{
    return -1;
}

bool
steal__thread_signal(int number, int signal, void *value)
{
    (void)number, (void)signal, (void)value;
    return false;
}

#endif

static sigset_t
only_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

void
steal__thread_guard(struct thread_guard *guard)
{
    sigset_t set = only_sigpipe();
    sigset_t pending;

    sigemptyset(&pending);
    sigpending(&pending);
    guard->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &set, &guard->mask);
}

/* A signal that our writes have left behind goes, one from before stays. */
void
steal__thread_unguard(const struct thread_guard *guard)
{
    static const struct timespec at_once = { 0, 0 };
    sigset_t set = only_sigpipe();

    while (!guard->was_pending && sigtimedwait(&set, NULL, &at_once) < 0 &&
            errno == EINTR)
        ;
    pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
