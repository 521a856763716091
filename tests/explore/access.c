/*
 * access.c - shared words and fences, and the faults that break them.
 */
#include "thread.h"

#include <string.h>

#define LONELY_SPINS 300

/* How often the fault of the case has struck in this execution. */
static unsigned fault_count;

/*
 * Faults
 */

static bool
matches(const char *part, const char *text)
{
    return !part || strstr(text, part);
}

bool
fault_strikes(enum explore_fault_kind kind, const struct explore_site *site)
{
    const struct explore_fault *fault = &engine_case->fault;

    if (fault->kind != kind || on_stage() ||
            engine_threads[engine_self].disarmed ||
            !matches(fault->word, site->expr) || !matches(fault->op, site->op))
        return false;
    if (fault->where && strcmp(fault->where, site->func) != 0 &&
            strcmp(fault->where, report_file(site->file)) != 0)
        return false;
    fault_count++;
    return true;
}

static enum explore_order
weaken(enum explore_order order, const struct explore_site *site)
{
    unsigned left = order;

    if ((left & EXPLORE_ACQUIRE) && fault_strikes(EXPLORE_DROP_ACQUIRE, site))
        left &= ~(unsigned)EXPLORE_ACQUIRE;
    if ((left & EXPLORE_RELEASE) && fault_strikes(EXPLORE_DROP_RELEASE, site))
        left &= ~(unsigned)EXPLORE_RELEASE;
    return (enum explore_order)left;
}

void
explore_arm(bool on)
{
    if (!on_stage())
        engine_threads[engine_self].disarmed = !on;
}

void
access_begin(void)
{
    fault_count = 0;
}

unsigned
engine_faults(void)
{
    return fault_count;
}

/*
 * Accesses
 */

static void
note_read(unsigned word, uint64_t value)
{
    thread_note_read(&engine_threads[engine_self], word, value);
}

uint64_t
explore_load(const volatile void *address, size_t size,
        enum explore_order order, const struct explore_site *site)
{
    unsigned found[MEMORY_STORES];
    unsigned word = step_word(address, size);
    struct report_step step = { .word = address, .verb = "->" };
    unsigned n;
    unsigned index;

    if (on_stage())
        return memory_load(engine_self, word, memory_newest(word),
                EXPLORE_ACQUIRE);

    if (fault_strikes(EXPLORE_BLIND_LOAD, site))
        return 0;
    order = weaken(order, site);
    step_begin_word(footprint_read(word), address, site);
    n = memory_candidates(engine_self, word,
            engine_case->history ? engine_case->history : 8, found);
    index = found[search_choose(n)];
    step.behind = memory_newest(word) - index;
    step.value = memory_load(engine_self, word, index, order);
    note_read(word, step.value);
    step_end(footprint_read(word), &step);
    return step.value;
}

static void
note_store(void)
{
    engine_store_count++;
    for (unsigned i = 0; i < engine_case->threads; i++)
        engine_threads[i].lonely_spins = 0;
}

/* In setup() most words are set that the case never comes to. */
static void
store_on_stage(volatile void *address, size_t size, uint64_t value)
{
    if (!memory_store_early(address, size, value))
        memory_store(engine_self, step_word(address, size), value,
                EXPLORE_RELEASE);
}

void
explore_store(volatile void *address, size_t size, uint64_t value,
        enum explore_order order, const struct explore_site *site)
{
    struct report_step step = { .word = address, .verb = "=" };
    unsigned word;

    if (on_stage()) {
        store_on_stage(address, size, value);
        return;
    }
    word = step_word(address, size);
    if (fault_strikes(EXPLORE_SKIP, site))
        return;
    order = weaken(order, site);
    step_begin_word(footprint_write(word), address, site);
    memory_store(engine_self, word, value, order);
    step.value = memory_value(word, memory_newest(word));
    note_store();
    thread_forget_reads(&engine_threads[engine_self]);
    step_end(footprint_write(word), &step);
}

static uint64_t
combine(enum explore_rmw how, uint64_t old, uint64_t value)
{
    switch (how) {
    case EXPLORE_ADD:
        return old + value;
    case EXPLORE_SUB:
        return old - value;
    case EXPLORE_OR:
        return old | value;
    case EXPLORE_AND:
        return old & value;
    default:
        return value;
    }
}

uint64_t
explore_rmw(volatile void *address, size_t size, enum explore_rmw how,
        uint64_t value, enum explore_order order,
        const struct explore_site *site)
{
    unsigned word = step_word(address, size);
    struct report_step step = { .word = address, .verb = "=" };
    uint64_t old;

    if (fault_strikes(EXPLORE_SPLIT_RMW, site)) {
        old = explore_load(address, size, order & EXPLORE_ACQUIRE, site);
        explore_store(address, size, combine(how, old, value),
                order & EXPLORE_RELEASE, site);
        return old;
    }
    order = weaken(order, site);
    if (!on_stage())
        step_begin_word(footprint_write(word), address, site);
    old = memory_value(word, memory_newest(word));
    memory_rmw(engine_self, word, combine(how, old, value), order);
    if (on_stage())
        return old;
    step.value = memory_value(word, memory_newest(word));
    note_store();
    note_read(word, step.value);
    step_end(footprint_write(word), &step);
    return old;
}

/*
 * What a compare-and-swap may come to: the store that it sees, and whether it
 * wins.  It wins only on the newest store.
 */
struct verdict {
    unsigned index;
    bool won;
    bool spurious;
};

static unsigned
find_verdicts(unsigned word, uint64_t expected, bool weak,
        struct verdict found[MEMORY_STORES])
{
    unsigned old[MEMORY_STORES];
    unsigned n = 0;
    unsigned seen = 1;
    unsigned newest = memory_newest(word);
    bool equal = memory_value(word, newest) == expected;

    found[n++] = (struct verdict){ newest, equal, false };
    if (equal && weak && !on_stage() && engine_threads[engine_self].spurious)
        found[n++] = (struct verdict){ newest, false, true };
    if (engine_case->stale_cas && !on_stage())
        seen = memory_candidates(engine_self, word,
                engine_case->history ? engine_case->history : 8, old);
    for (unsigned i = 1; i < seen; i++)
        if (memory_value(word, old[i]) != expected)
            found[n++] = (struct verdict){ old[i], false, false };
    return n;
}

static uint64_t
get(const void *from, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, from, size);
    return value;
}

/* The seeded fault: compares and swaps, but not at once. */
static bool
split_cas(volatile void *address, size_t size, void *old, uint64_t value,
        enum explore_order order, const struct explore_site *site)
{
    uint64_t seen = explore_load(address, size, order & EXPLORE_ACQUIRE, site);

    if (seen != get(old, size)) {
        memcpy(old, &seen, size);
        return false;
    }
    explore_store(address, size, value, order & EXPLORE_RELEASE, site);
    return true;
}

bool
explore_cas(volatile void *address, size_t size, void *old, uint64_t value,
        enum explore_order won, enum explore_order lost, bool weak,
        const struct explore_site *site)
{
    struct verdict found[MEMORY_STORES + 2];
    struct verdict verdict;
    unsigned word = step_word(address, size);
    struct report_step step = { .word = address };
    uint64_t expected = get(old, size);
    unsigned n;

    if (fault_strikes(EXPLORE_SPLIT_RMW, site))
        return split_cas(address, size, old, value, won, site);

    won = weaken(won, site);
    lost = weaken(lost, site);
    if (!on_stage())
        step_begin_word(footprint_write(word), address, site);
    n = find_verdicts(word, expected, weak, found);
    verdict = found[on_stage() ? 0 : search_choose(n)];

    if (verdict.won) {
        memory_rmw(engine_self, word, value, won);
    } else {
        step.value = memory_load(engine_self, word, verdict.index, lost);
        memcpy(old, &step.value, size);
    }
    if (on_stage())
        return verdict.won;
    if (verdict.won) {
        step.verb = "=";
        step.value = memory_value(word, memory_newest(word));
        note_store();
        thread_forget_reads(&engine_threads[engine_self]);
        step_end(footprint_write(word), &step);
        return true;
    }
    step.verb = "lost to";
    step.behind = memory_newest(word) - verdict.index;
    step.remark = verdict.spurious ? "spuriously" : NULL;
    engine_threads[engine_self].spurious -= verdict.spurious;
    note_read(word, step.value);
    step_end(footprint_read(word), &step);
    return false;
}

void
explore_fence(enum explore_order order, const struct explore_site *site)
{
    /* Only this thread's own view changes: not a step. */
    if (!on_stage() && !fault_strikes(EXPLORE_SKIP, site))
        memory_fence(engine_self, order);
}

void
explore_fence_seq_cst(const struct explore_site *site)
{
    struct report_step step = { 0 };

    if (on_stage() || fault_strikes(EXPLORE_SKIP, site))
        return;
    step_begin(footprint_fence, site);
    memory_fence_seq_cst(engine_self);
    step_end(footprint_fence, &step);
}

void
explore_fence_all(const struct explore_site *site)
{
    struct footprint all = { UINT64_MAX, UINT64_MAX };
    struct report_step step = { 0 };

    if (on_stage() || fault_strikes(EXPLORE_SKIP, site))
        return;
    step_begin(all, site);
    memory_fence_all(engine_self);
    step_end(all, &step);
}

/*
 * A thread that spins is not scheduled until a word that it read has another
 * value, and then sees it: spinning longer would change nothing.
 */
void
explore_relax(const struct explore_site *site)
{
    struct thread *thread = &engine_threads[engine_self];
    struct report_step step = { 0 };
    struct footprint footprint;

    if (on_stage() || (engine_case->restless &&
                              !strcmp(engine_case->restless, site->func)))
        return;
    thread->site = *site;
    thread->stand = STAND_RELAX;
    thread->stores_seen = engine_store_count;
    thread_pause(thread);

    if (!thread_has_news(thread) && ++thread->lonely_spins > LONELY_SPINS)
        explore_fail("T%u spins for ever at %s:%d", engine_self,
                report_file(site->file), site->line);
    footprint = thread_footprint(thread);
    for (unsigned word = 0; word < MEMORY_WORDS; word++)
        if (thread->spun_on[word])
            memory_catch_up(engine_self, word);
    thread_forget_reads(thread);
    thread->stand = STAND_STEP;
    step_end(footprint, &step);
}

unsigned
explore_choose(unsigned n)
{
    static const struct explore_site site = { "explore_choose", "", "", "", 0 };
    struct report_step step = { .verb = "->" };

    if (on_stage())
        return 0;
    step_begin(footprint_none, &site);
    step.value = search_choose(n);
    step_end(footprint_none, &step);
    return (unsigned)step.value;
}
