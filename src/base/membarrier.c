/* membarrier.c - one registration a process, then a system call a fence. */
#include "membarrier.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_there;

static void
register_process(void)
{
    is_there = !syscall(SYS_membarrier,
            MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
}

bool
steal__fence_heavy(void)
{
    pthread_once(&once, register_process);
    return is_there &&
           !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}
