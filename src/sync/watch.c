/*
 * watch.c - one value that changes; whoever looks sees the latest.
 *
 * The storage is three cells (cell.h): version n of the value is in cell n modulo
 * 2, so that readers of the latest are in nobody's way while the next is written,
 * and the third is where the next one is made.
 *
 *     word   2 n      version n is the latest
 *            2 n + 1  and the watch is closed
 *
 * So every change makes the word larger, and that is what the crowd waits for.
 * Plain values are read without a lock; a reader whom two writers have overtaken
 * tries again, with a later version.  A value that owns something is copied under
 * the lock of the reader's shard; a sender that has put another in its place
 * passes through all shards before it destroys it.
 *
 * Orderings
 *   O1  send, close: store word, release  ->  get: load word, acquire
 *       Who knows of a version finds it, or a later one, in its cell.
 *   O2  send: store word, pass  ->  get: enter, load word
 *       lock.h, O1: who enters after the sender has passed reads the new version;
 *       who has entered before has left.
 */
#include <steal/watch.h>

#include <errno.h>

#include "../base/await.h"
#include "../task/budget.h"
#include "cell.h"
#include "crowd.h"

#define CLOSED UINT64_C(1)
#define ONE    UINT64_C(2)
#define SPARE  2 /* the third cell */

struct watch {
    /* constant */
    void *storage;
    size_t words; /* of a cell */
    size_t size;
    void (*copy)(void *to, const void *from, void *data);
    void (*destroy)(void *value, void *data);
    void *data;

    _Atomic(uint64_t) word; /* written under `lock` */
    uint64_t others;
    struct lock lock; /* of those who send and close */
    char padding[CACHE_LINE - sizeof(struct lock)];
    struct crowd crowd;
};

_Static_assert(sizeof(struct watch) == sizeof(struct steal_watch),
        "struct steal_watch is a struct watch");

static inline struct watch *
watch_of(struct steal_watch *watch)
{
    return (struct watch *)(void *)watch;
}

/* True if values own something. */
static inline bool
owns(const struct watch *w)
{
    return w->copy || w->destroy;
}

static inline struct cell *
cell_of(const struct watch *w, uint64_t version)
{
    return cell_at(w->storage, w->words, version % 2);
}

/* Of the third cell. */
static inline void *
spare_of(const struct watch *w)
{
    return cell_value(cell_at(w->storage, w->words, SPARE));
}

static void
put(struct watch *w, uint64_t version, const void *value)
{
    struct cell *cell = cell_of(w, version);

    cell_begin(cell, version);
    cell_put(cell, value, w->size);
    cell_end(cell, version);
}

void
steal_watch_init(struct steal_watch *watch, void *storage, size_t size,
        const void *value)
{
    struct watch *w = watch_of(watch);

    w->storage = storage;
    w->size = size;
    w->words = STEAL_WATCH_WORDS(size);
    steal_watch_own(watch, NULL, NULL, NULL);
    put(w, 0, value);
    store_relaxed(&w->word, 0); /* not shared yet */
    lock_init(&w->lock);
    steal__crowd_init(&w->crowd);
}

void
steal_watch_own(struct steal_watch *watch,
        void (*copy)(void *to, const void *from, void *data),
        void (*destroy)(void *value, void *data), void *data)
{
    struct watch *w = watch_of(watch);

    w->copy = copy;
    w->destroy = destroy;
    w->data = data;
}

static void
destroy(struct watch *w, void *value)
{
    if (w->destroy)
        w->destroy(value, w->data);
}

static void
copy(struct watch *w, void *to, const void *from)
{
    if (w->copy)
        w->copy(to, from, w->data);
    else
        memcpy(to, from, w->size);
}

void
steal_watch_fini(struct steal_watch *watch)
{
    struct watch *w = watch_of(watch);

    destroy(w, cell_value(cell_of(w, load_acquire(&w->word) / ONE)));
}

/*
 * Sending
 */

/* The version after that of `word`; the one before it ends. */
static void
replace_locked(struct watch *w, uint64_t word, const void *value)
{
    put(w, word / ONE + 1, value);
    store_release(&w->word, word + ONE); /* O1 */
    if (!owns(w))
        return;
    steal__crowd_pass(&w->crowd); /* O2 */
    destroy(w, cell_value(cell_of(w, word / ONE)));
}

int
steal_watch_send(struct steal_watch *watch, const void *value)
{
    struct watch *w = watch_of(watch);
    uint64_t word;

    lock_take(&w->lock);
    word = load_relaxed(&w->word); /* the lock */
    if (!(word & CLOSED))
        replace_locked(w, word, value);
    lock_give(&w->lock);
    if (word & CLOSED)
        return -EPIPE;
    steal__crowd_wake(&w->crowd, word + ONE);
    return 0;
}

/* No other sender is there: nobody replaces the value. */
static bool
modify_locked(struct watch *w, uint64_t word, bool (*fn)(void *, void *),
        void *arg)
{
    void *spare = spare_of(w);

    copy(w, spare, cell_value(cell_of(w, word / ONE)));
    if (fn(spare, arg)) {
        replace_locked(w, word, spare);
        return true;
    }
    destroy(w, spare);
    return false;
}

int
steal_watch_modify(struct steal_watch *watch,
        bool (*fn)(void *value, void *arg), void *arg)
{
    struct watch *w = watch_of(watch);
    bool changed = false;
    uint64_t word;

    lock_take(&w->lock);
    word = load_relaxed(&w->word); /* the lock */
    if (!(word & CLOSED))
        changed = modify_locked(w, word, fn, arg);
    lock_give(&w->lock);
    if (word & CLOSED)
        return -EPIPE;
    if (changed)
        steal__crowd_wake(&w->crowd, word + ONE);
    return changed;
}

void
steal_watch_close(struct steal_watch *watch)
{
    struct watch *w = watch_of(watch);
    uint64_t word;

    lock_take(&w->lock);
    word = load_relaxed(&w->word) | CLOSED; /* the lock */
    store_release(&w->word, word);          /* O1 */
    lock_give(&w->lock);
    steal__crowd_wake(&w->crowd, word);
}

/*
 * Reading
 */

static COLD uint64_t
get_owned(struct watch *w, void *value)
{
    struct lock *lock = steal__crowd_enter(&w->crowd);
    uint64_t version = load_acquire(&w->word) / ONE; /* O1, O2 */

    copy(w, value, cell_value(cell_of(w, version)));
    lock_give(lock);
    return version;
}

/* Copies the latest value and returns its version. */
static uint64_t
get(struct watch *w, void *value)
{
    uint64_t version;

    if (unlikely(owns(w)))
        return get_owned(w, value);
    for (;;) {
        version = load_acquire(&w->word) / ONE; /* O1 */
        if (likely(cell_get(cell_of(w, version), version, value, w->size)))
            return version;
        cpu_relax();
    }
}

void
steal_watch_get(struct steal_watch *watch, void *value)
{
    get(watch_of(watch), value);
}

void
steal_watch_subscribe(struct steal_watch_receiver *receiver,
        struct steal_watch *watch)
{
    receiver->watch = watch;
    receiver->version = load_acquire(&watch_of(watch)->word) / ONE; /* O1 */
}

int
steal_watch_has_changed(const struct steal_watch_receiver *receiver)
{
    uint64_t word = load_acquire(&watch_of(receiver->watch)->word); /* O1 */

    if (receiver->version != word / ONE)
        return 1;
    return word & CLOSED ? -EPIPE : 0;
}

/* As steal_watch_try_next(); *seen is the word if it is -EAGAIN.  `value` may be
 * NULL. */
static inline int
take(struct watch *w, struct steal_watch_receiver *receiver, void *value,
        uint64_t *seen)
{
    uint64_t word = load_acquire(&w->word); /* O1 */

    if (receiver->version == word / ONE) {
        *seen = word;
        return word & CLOSED ? -EPIPE : -EAGAIN;
    }
    receiver->version = value ? get(w, value) : word / ONE;
    return 0;
}

int
steal_watch_try_next(struct steal_watch_receiver *receiver, void *value)
{
    uint64_t seen;

    return take(watch_of(receiver->watch), receiver, value, &seen);
}

/*
 * struct steal_watch_changed
 */

static enum steal_poll
changed_poll(struct steal_future *future, struct steal_context *cx)
{
    struct steal_watch_changed *changed = (struct steal_watch_changed *)future;
    struct watch *w = watch_of(changed->watch);
    struct crowd_member *member = crowd_member_of(&changed->wait);
    uint64_t seen;
    int result;

    if (unlikely(!steal__may_go_on(cx)))
        return STEAL_PENDING;
    do {
        result = take(w, changed->receiver, changed->value, &seen);
        if (result != -EAGAIN) {
            future->result = result;
            return STEAL_READY; /* the drop leaves the crowd */
        }
    } while (!steal__crowd_wait(&w->crowd, member, &w->word, seen, cx));
    return STEAL_PENDING;
}

static void
changed_drop(struct steal_future *future)
{
    struct steal_watch_changed *changed = (struct steal_watch_changed *)future;
    struct watch *w = watch_of(changed->watch);

    steal__crowd_leave(&w->crowd, crowd_member_of(&changed->wait));
}

static void
changed_waits(struct steal_future *future, struct steal_await *await)
{
    await_for(await, "watch", ((struct steal_watch_changed *)future)->watch);
}

static const struct steal_future_ops changed_ops = { .name = "watch",
    .poll = changed_poll,
    .drop = changed_drop,
    .waits = changed_waits };

struct steal_future *
steal_watch_next(struct steal_watch_changed *changed,
        struct steal_watch_receiver *receiver, void *value)
{
    steal_future_init(&changed->future, &changed_ops);
    changed->watch = receiver->watch;
    changed->receiver = receiver;
    changed->value = value;
    crowd_member_init(crowd_member_of(&changed->wait));
    return &changed->future;
}

struct steal_future *
steal_watch_changed(struct steal_watch_changed *changed,
        struct steal_watch_receiver *receiver)
{
    return steal_watch_next(changed, receiver, NULL);
}
