/*
 * steal/file_watch.h - being told when files change.
 *
 *     err = steal_file_watch_new(&self->watch, NULL, "/etc", STEAL_CHANGED);
 *     ...
 *     STEAL_AWAIT(cx, steal_file_watch_next(&self->next, self->watch));
 *     if (self->next.future.result == 0)
 *         printf("%s has changed\n", self->next.name);
 *
 * A watched directory tells of the files in it, but not of those further down.
 * A watched file tells of itself, until it is renamed or removed; many programs
 * replace a file when they save it, so watch its directory rather.  What has
 * happened is a hint to look: events that are alike and follow each other are
 * one, and if nobody takes them for long some are dropped, which is told.
 *
 * Threads: any; several tasks may wait for one object, and one of them gets an
 * event.
 */
#ifndef STEAL_FILE_WATCH_H
#define STEAL_FILE_WATCH_H

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

#define STEAL_RENAMED 1u /* appeared, vanished, or got another name */
#define STEAL_CHANGED 2u /* content or attributes */
#define STEAL_MISSED  4u /* events were dropped here: look for yourself */

#define STEAL_NAME_SIZE 256

struct steal_file_watch;

/*
 * Begins to watch for `events`, STEAL_CHANGED, STEAL_RENAMED or both: a change
 * that comes after the return is seen.  May wait for a turn of the runtime's
 * loop.
 * Errors: -ENOMEM, -ECANCELED (stopping), -EINVAL (no runtime, no or unknown
 * events), or what the system says of the path, as -ENOENT, -EACCES, -ENOSPC (no
 * more watches for this user) or -EMFILE.
 */
STEAL_API STEAL_MUST_CHECK int
steal_file_watch_new(struct steal_file_watch **watch,
        struct steal_runtime *runtime, const char *path, unsigned events);

/* Ends it, before or after the runtime; who still waits gets -ECANCELED.  Never
 * waits. */
STEAL_API void steal_file_watch_free(struct steal_file_watch *watch);

/*
 * A future: the next event.  Its result is 0, with `events` and the name of the
 * file without its folder; the name is empty with STEAL_MISSED.  -ECANCELED if
 * the object is freed, or the runtime ends.  Dropping it loses none.
 */
struct steal_file_watch_next {
    struct steal_future future;
    unsigned events;
    char name[STEAL_NAME_SIZE];
    /* private */
    struct steal_file_watch *watch;
    struct steal_wait wait;
};

STEAL_API struct steal_future *
steal_file_watch_next(struct steal_file_watch_next *next,
        struct steal_file_watch *watch);

STEAL_END_DECLS

#endif
