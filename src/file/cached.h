/*
 * cached.h - reads that need no disk, done at once by whoever asks.
 *
 * What the system has in memory it gives without waiting (RWF_NOWAIT), which
 * takes a fraction of the time of a call on the pool.
 *
 * Threads: any.
 */
#ifndef STEAL_FILE_CACHED_H
#define STEAL_FILE_CACHED_H

#include <sys/types.h>

/* More than that would keep the worker busy for too long. */
#define CACHED_LARGEST ((size_t)64 << 10)

/*
 * Reads up to `size` bytes at `offset`, which is not negative: fewer only if
 * the file ends.  Returns how many, or a negative errno code if not all of it
 * is in memory or anything else is wrong: then the pool finds out.
 */
ssize_t steal__cached_read(int file, void *buffer, size_t size,
        long long offset);

#endif
