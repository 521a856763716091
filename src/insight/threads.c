/*
 * threads.c - from /proc, where there is one.
 *
 * A thread counts as asleep from shortly before it is: it has then said so to the
 * kernel, which has not counted the sleep yet.  Who looks twice, with time in
 * between, finds it counted.
 */
#include "threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/thread.h"

/* The text of a small file; false if it cannot be had. */
static bool
read_file(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = file < 0 ? -1 : read(file, text, size - 1);

    if (file >= 0)
        close(file);
    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

/* What follows the key in its line; "" if there is none. */
static const char *
value_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at ? at + strlen(key) : "";
}

/* Of threads that have ended, and are only not gone yet, nothing is counted. */
static bool
add_thread(struct threads *threads, const char *number)
{
    char path[64];
    char text[16384]; /* of which a list of groups may be the most */
    uint64_t sleeps;
    char state;

    snprintf(path, sizeof path, "/proc/self/task/%.16s/status", number);
    if (!read_file(path, text, sizeof text))
        return false;
    state = *value_of(text, "\nState:\t");
    if (state == 'Z' || state == 'X')
        return true;
    sleeps = strtoull(value_of(text, "\nvoluntary_ctxt_switches:\t"), NULL, 10);
    threads->n++;
    threads->sleeps += sleeps;
    return state == 'S' && sleeps;
}

bool
steal__threads_sleep(struct threads *threads)
{
    DIR *folder = opendir("/proc/self/task");
    int me = steal__thread_number();
    bool all = folder != NULL;
    struct dirent *entry;

    *threads = (struct threads){ 0, 0 };
    while (all && (entry = readdir(folder))) {
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != me)
            all = add_thread(threads, entry->d_name);
    }
    if (folder)
        closedir(folder);
    return all;
}
