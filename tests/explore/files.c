#include "files.h"

#include <errno.h>
#include <string.h>

#include "explore.h"
#include "loop.h"

#define FIRST 10 /* the number of the first */

struct file {
    unsigned ready;
    unsigned users; /* inside a call */
    unsigned interest;
    void *data;
    bool open;
    bool regular;
    bool watched;
    bool edge;
};

/* What is done to a file is done right after a step on its word, which alone
 * the search sees. */
static _Atomic(uint32_t) words[FILES];
static struct file files[FILES];
static unsigned nfiles;

void
files_begin(void)
{
    memset(files, 0, sizeof files);
    nfiles = 0;
}

static int
open_file(bool regular)
{
    explore_assert(nfiles < FILES);
    files[nfiles].open = true;
    files[nfiles].regular = regular;
    store_relaxed(&words[nfiles], 0);
    explore_name(&words[nfiles], sizeof *words, nfiles ? "file 1" : "file 0");
    return FIRST + (int)nfiles++;
}

int
files_open(void)
{
    return open_file(false);
}

int
files_open_regular(void)
{
    return open_file(true);
}

/* The step of a call, which is named by the function that makes it. */
#define STEP(number, expr)                                          \
 explore_rmw(&words[(number)-FIRST], sizeof *words, EXPLORE_ADD, 1, \
         EXPLORE_RELAXED, EXPLORE_SITE("system call", expr))

static struct file *
get(int number, const char *what)
{
    struct file *file = &files[number - FIRST];

    if (!file->open)
        explore_fail("%s a descriptor that is closed", what);
    return file;
}

/* The set is now ready to be read.  It may not be for long: somebody else may
 * have read it since. */
static void
post(void)
{
    explore_rmw(&loop_pipe, sizeof loop_pipe, EXPLORE_OR, LOOP_EVENTS,
            EXPLORE_RELAXED, EXPLORE_SITE("post", "loop_pipe"));
    explore_futex_wake(&loop_pipe, 1);
}

static bool
is_due(const struct file *file)
{
    return file->watched && file->ready & file->interest;
}

void
files_make_ready(int number, unsigned events)
{
    struct file *file;

    STEP(number, "events");
    file = &files[number - FIRST]; /* the peer's end is open */
    file->ready |= events;
    if (file->watched && events & file->interest) {
        file->edge = true;
        post();
    }
}

bool
files_is_ready(int number, unsigned events)
{
    STEP(number, "events");
    return get(number, "asks")->ready & events;
}

bool
files_take(int number, unsigned events)
{
    struct file *file;
    bool ready;

    STEP(number, "events");
    file = get(number, "uses");
    ready = file->ready & events;
    file->ready &= ~events;
    return ready;
}

void
files_begin_call(int number)
{
    STEP(number, "begin");
    get(number, "uses")->users++;
}

void
files_end_call(int number)
{
    STEP(number, "end");
    get(number, "has used")->users--;
}

void
files_close(int number)
{
    struct file *file;

    STEP(number, "close");
    file = get(number, "closes");
    if (file->users)
        explore_fail("closes a descriptor that is in use");
    if (file->watched)
        explore_fail("closes a descriptor that the set knows");
    file->open = false;
}

bool
files_is_open(int number)
{
    return files[number - FIRST].open;
}

int
files_watch(int number, unsigned events, void *data, bool anew)
{
    struct file *file;

    STEP(number, "watch");
    file = get(number, "watches");
    if (file->regular)
        return -EPERM;
    if (file->watched != anew)
        explore_fail("the set knows %s", anew ? "no such file" : "it already");
    file->watched = true;
    file->interest = events;
    file->data = data;
    if (is_due(file)) {
        file->edge = true;
        post();
    }
    return 0;
}

void
files_forget(int number)
{
    STEP(number, "forget");
    get(number, "forgets")->watched = false;
}

bool
files_next_event(unsigned index, unsigned *events, void **data)
{
    struct file *file = &files[index];
    bool found;

    if (index >= nfiles)
        return false;
    STEP((int)index + FIRST, "event");
    found = file->edge && is_due(file);
    file->edge = false;
    *events = file->ready & file->interest;
    *data = file->data;
    return found;
}
