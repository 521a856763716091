#include "futex.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <time.h>

#include <steal/time.h>

#include "clock.h"
#include "compiler.h"

#define NS_PER_S UINT64_C(1000000000)

static struct timespec
timespec_of(uint64_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_S),
        .tv_nsec = (long)(ns % NS_PER_S) };
}

#ifdef __linux__

# include <linux/futex.h>
# include <sys/syscall.h>
# include <unistd.h>

/*
 * The detector of races keeps a signal back until the thread next comes to it.
 * So no wait there is endless: one that the system restarts would not come to it,
 * nor would one that began right after the signal.
 */
# ifdef __SANITIZE_THREAD__
static uint64_t
end_of_wait(uint64_t deadline)
{
    uint64_t end = steal__clock_real() + STEAL_SECONDS(5);

    return deadline < end ? deadline : end;
}
# else
static uint64_t
end_of_wait(uint64_t deadline)
{
    return deadline;
}
# endif

bool
steal__futex_wait(_Atomic(uint32_t) *word, uint32_t expected, uint64_t deadline)
{
    uint64_t end = end_of_wait(deadline);
    struct timespec until = timespec_of(end);
    int saved = errno;
    bool expired;

    /* The bitset form takes an absolute time. */
    expired = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                      end == UINT64_MAX ? NULL : &until, NULL,
                      FUTEX_BITSET_MATCH_ANY) < 0 &&
              errno == ETIMEDOUT && end == deadline;
    errno = saved;
    return !expired;
}

void
steal__futex_wake(_Atomic(uint32_t) *word, int n)
{
    int saved = errno;

    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
    errno = saved;
}

#else

/* A few queues, shared by all words: who shares one with others is woken too
 * often, which callers have to bear anyway. */
# define BUCKETS 64

static struct bucket {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
} buckets[BUCKETS];

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
init_buckets(void)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    for (int i = 0; i < BUCKETS; i++) {
        pthread_mutex_init(&buckets[i].mutex, NULL);
        pthread_cond_init(&buckets[i].changed, &attr);
    }
    pthread_condattr_destroy(&attr);
}

static struct bucket *
bucket_of(const _Atomic(uint32_t) *word)
{
    pthread_once(&once, init_buckets);
    return &buckets[((uintptr_t)word >> 6) % BUCKETS];
}

bool
steal__futex_wait(_Atomic(uint32_t) *word, uint32_t expected, uint64_t deadline)
{
    struct bucket *bucket = bucket_of(word);
    struct timespec until = timespec_of(deadline);
    int error = 0;

    pthread_mutex_lock(&bucket->mutex);
    if (load_relaxed(word) == expected) { /* the mutex orders it */
        if (deadline == UINT64_MAX)
            pthread_cond_wait(&bucket->changed, &bucket->mutex);
        else
            error = pthread_cond_timedwait(&bucket->changed, &bucket->mutex,
                    &until);
    }
    pthread_mutex_unlock(&bucket->mutex);
    return error != ETIMEDOUT;
}

void
steal__futex_wake(_Atomic(uint32_t) *word, int n)
{
    struct bucket *bucket = bucket_of(word);

    (void)n;
    pthread_mutex_lock(&bucket->mutex);
    pthread_cond_broadcast(&bucket->changed);
    pthread_mutex_unlock(&bucket->mutex);
}

#endif
