#include "cached.h"

#include <errno.h>
#include <sys/uio.h>

#ifdef RWF_NOWAIT

ssize_t
steal__cached_read(int file, void *buffer, size_t size, long long offset)
{
    size_t done = 0;
    ssize_t n;

    /* A short read is the end of the file, or of what is in memory: the next
     * one tells. */
    do {
        struct iovec piece = { (char *)buffer + done, size - done };

        n = preadv2(file, &piece, 1, offset + (long long)done, RWF_NOWAIT);
        if (n < 0)
            return -errno;
        done += (size_t)n;
    } while (n > 0 && done < size);
    return (ssize_t)done;
}

#else

ssize_t
steal__cached_read(int file, void *buffer, size_t size, long long offset)
{
    (void)file;
    (void)buffer;
    (void)size;
    (void)offset;
    return -EAGAIN;
}

#endif
