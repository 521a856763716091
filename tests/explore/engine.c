#include "engine.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "fiber.h"
#include "memory.h"
#include "report.h"
#include "search.h"

#define LONELY_SPINS 300
#define PATIENCE     400 /* steps of one thread while others could go on */
#define LOCALS       8
#define LOCALS_SIZE  256

enum stand {
    STAND_STEP,  /* before an access */
    STAND_RELAX, /* spins: until a word that it read changes */
    STAND_SLEEP, /* in a futex wait */
    STAND_ENDED,
};

struct thread {
    struct fiber fiber;
    enum stand stand;
    struct footprint next; /* of the access that it stands before */
    struct explore_site site;

    uint64_t spun; /* words read since its last store, and what they held */
    uint64_t spun_value[MEMORY_WORDS];
    unsigned stores_seen;  /* of all threads, when it began to relax */
    unsigned lonely_spins; /* relaxed because nobody else could go on */

    const volatile void *futex;
    unsigned long bedtime; /* who sleeps longest is woken first */
    bool timed;
    bool woken;
    unsigned timeouts; /* that it may still have */
    unsigned spurious;

    bool disarmed; /* faults do not strike here */
    unsigned char locals[LOCALS_SIZE];
};

/* A thread-local variable of the sources.  All threads of a case are one for
 * the system, so its value is put aside whenever another goes on. */
struct local {
    unsigned char *address;
    size_t size;
};

static struct thread threads[SEARCH_THREADS];
static struct fiber stage; /* of setup() and finish() */
static struct fiber outside;

static const struct explore_case *running;
static unsigned self; /* MEMORY_MAIN: the stage */
static bool starting;
static enum engine_end end;
static char reason[400];
static unsigned stores;
static unsigned long bedtimes;
static unsigned faults;
static unsigned in_a_row; /* steps of `self` since another thread's last */
static bool impatient;
static struct local locals[LOCALS];
static unsigned local_count;

static const struct footprint nothing;
static const struct footprint fence = { 0, UINT64_C(1) << MEMORY_FENCE };
static const struct footprint late = { UINT64_MAX,
    UINT64_C(1) << MEMORY_FENCE };

_Noreturn void
explore_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    end = ENGINE_FAILED;
    fiber_jump(&outside);
}

/* Assertions of the sources end here too. */
_Noreturn void steal__panic(const char *file, int line, const char *what);

_Noreturn void
steal__panic(const char *file, int line, const char *what)
{
    explore_fail("%s:%d: must(%s)", report_file(file), line, what);
}

static void
bad_address(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    explore_fail("a bad address is used: %p", info->si_addr);
}

static void
catch_bad_addresses(void)
{
    static char stack[64 * 1024];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = bad_address,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

void
engine_init(void)
{
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        fiber_init(&threads[i].fiber, i);
    fiber_init(&stage, 0);
    catch_bad_addresses();
}

/*
 * Who may go on
 */

/* Has a word that it spins on another value now? */
static bool
has_news(const struct thread *thread)
{
    for (unsigned word = 0; word < MEMORY_WORDS; word++)
        if ((thread->spun >> word & 1)
                && memory_value(word, memory_newest(word))
                        != thread->spun_value[word])
            return true;
    return !thread->spun && thread->stores_seen != stores;
}

static bool
is_ready(const struct thread *thread)
{
    switch (thread->stand) {
    case STAND_STEP:
        return true;
    case STAND_RELAX:
        return has_news(thread);
    case STAND_SLEEP:
        return thread->woken || (thread->timed && thread->timeouts);
    default:
        return false;
    }
}

static struct footprint
footprint_of(const struct thread *thread)
{
    switch (thread->stand) {
    case STAND_STEP:
        return thread->next;
    case STAND_RELAX:
        return (struct footprint){ thread->spun ? thread->spun : UINT64_MAX,
            0 };
    case STAND_SLEEP:
        return thread->woken ? nothing : late;
    default:
        return nothing;
    }
}

/*
 * Nobody could go on, so time passes: a timed wait ends, or else whoever spins
 * does so once more, in turns.
 */
static unsigned
ready_if_alone(void)
{
    const struct thread *spinner = NULL;

    for (unsigned i = 0; i < running->threads; i++) {
        const struct thread *thread = &threads[i];

        if (thread->stand == STAND_SLEEP && thread->timed)
            return 1u << i;
        if (thread->stand == STAND_RELAX
                && (!spinner || thread->lonely_spins < spinner->lonely_spins))
            spinner = thread;
    }
    return spinner ? 1u << (spinner - threads) : 0;
}

/* A thread that loops, though it does not say so, until another goes on. */
static void
be_fair(struct crossing *crossing)
{
    unsigned others = crossing->ready & ~(1u << self);

    if (in_a_row < PATIENCE || !others)
        return;
    crossing->ready = others;
    impatient = true;
}

static struct crossing
look(void)
{
    struct crossing crossing = { 0 };

    for (unsigned i = 0; i < running->threads; i++) {
        crossing.next[i] = footprint_of(&threads[i]);
        if (is_ready(&threads[i]))
            crossing.ready |= 1u << i;
    }
    if (!crossing.ready) {
        crossing.ready = ready_if_alone();
        crossing.alone = true;
    }
    be_fair(&crossing);
    return crossing;
}

static void
tell_deadlock(void)
{
    size_t used = (size_t)snprintf(reason, sizeof reason, "lost wake-up:");

    for (unsigned i = 0; i < running->threads; i++)
        if (threads[i].stand == STAND_SLEEP && used < sizeof reason)
            used += (size_t)snprintf(reason + used, sizeof reason - used,
                    " T%u sleeps at %s:%d;", i,
                    report_file(threads[i].site.file), threads[i].site.line);
    end = ENGINE_FAILED;
}

static bool
all_ended(void)
{
    for (unsigned i = 0; i < running->threads; i++)
        if (threads[i].stand != STAND_ENDED)
            return false;
    return true;
}

/* The fiber of the thread that makes the next step; outside, if none does. */
static struct fiber *
next_fiber(void)
{
    struct crossing crossing = look();
    int next;

    if (!crossing.ready) {
        if (all_ended())
            end = ENGINE_DONE;
        else
            tell_deadlock();
        return &outside;
    }
    next = search_pick(&crossing);
    if (next == SEARCH_PRUNE) {
        end = ENGINE_PRUNED;
        return &outside;
    }
    if (next == SEARCH_TOO_FAR) {
        snprintf(reason, sizeof reason, "no end after %d steps", SEARCH_STEPS);
        end = ENGINE_FAILED;
        return &outside;
    }
    in_a_row = (unsigned)next == self ? in_a_row + 1 : 0;
    self = (unsigned)next;
    return &threads[self].fiber;
}

void
explore_local(void *address, size_t size)
{
    if (local_count == LOCALS)
        explore_fail("too many thread-local variables");
    locals[local_count++] = (struct local){ address, size };
}

static void
save_locals(struct thread *thread)
{
    unsigned char *to = thread->locals;

    for (unsigned i = 0; i < local_count; to += locals[i++].size)
        memcpy(to, locals[i].address, locals[i].size);
}

static void
load_locals(const struct thread *thread)
{
    const unsigned char *from = thread->locals;

    for (unsigned i = 0; i < local_count; from += locals[i++].size)
        memcpy(locals[i].address, from, locals[i].size);
}

/* Returns when this thread is to make its step. */
static void
pause_before_step(void)
{
    struct thread *thread = &threads[self];
    struct fiber *to = starting ? &outside : next_fiber();

    if (to == &thread->fiber)
        return;
    save_locals(thread);
    fiber_switch(&thread->fiber, to);
    load_locals(thread);
}

/*
 * One step
 */

static bool
on_stage(void)
{
    return self == MEMORY_MAIN;
}

static struct footprint
reads(unsigned word)
{
    return (struct footprint){ UINT64_C(1) << word, 0 };
}

static struct footprint
writes(unsigned word)
{
    return (struct footprint){ 0, UINT64_C(1) << word };
}

static struct thread *
step_begin(struct footprint footprint, const struct explore_site *site)
{
    struct thread *thread = &threads[self];

    thread->stand = STAND_STEP;
    thread->next = footprint;
    thread->site = *site;
    pause_before_step();
    return thread;
}

static void
step_end(struct footprint footprint, struct report_step *step)
{
    step->thread = self;
    step->site = threads[self].site;
    report_step(search_depth() - 1, step);
    search_commit(footprint);
}

/* The number of the word, once it is known to be alive. */
static unsigned
word_at(const volatile void *address, size_t size)
{
    if (arena_is_freed(address))
        explore_fail("T%u uses freed memory: %s", self,
                report_address(address));
    return memory_word(self, address, size);
}

static void
word_begin(unsigned word, bool write, const volatile void *address,
        const struct explore_site *site)
{
    step_begin(write ? writes(word) : reads(word), site);
    if (arena_is_freed(address))
        explore_fail("T%u uses freed memory: %s", self,
                report_address(address));
}

/*
 * Faults
 */

static bool
matches(const char *part, const char *text)
{
    return !part || strstr(text, part);
}

static bool
strikes(enum explore_fault_kind kind, const struct explore_site *site)
{
    const struct explore_fault *fault = &running->fault;

    if (fault->kind != kind || on_stage() || threads[self].disarmed
            || !matches(fault->word, site->expr)
            || !matches(fault->op, site->op))
        return false;
    if (fault->where && strcmp(fault->where, site->func) != 0
            && strcmp(fault->where, report_file(site->file)) != 0)
        return false;
    faults++;
    return true;
}

static enum explore_order
weaken(enum explore_order order, const struct explore_site *site)
{
    unsigned left = order;

    if ((left & EXPLORE_ACQUIRE) && strikes(EXPLORE_DROP_ACQUIRE, site))
        left &= ~(unsigned)EXPLORE_ACQUIRE;
    if ((left & EXPLORE_RELEASE) && strikes(EXPLORE_DROP_RELEASE, site))
        left &= ~(unsigned)EXPLORE_RELEASE;
    return (enum explore_order)left;
}

void
explore_arm(bool on)
{
    if (!on_stage())
        threads[self].disarmed = !on;
}

/*
 * Accesses
 */

static void
note_read(unsigned word, uint64_t value)
{
    threads[self].spun |= UINT64_C(1) << word;
    threads[self].spun_value[word] = value;
}

uint64_t
explore_load(const volatile void *address, size_t size,
        enum explore_order order, const struct explore_site *site)
{
    unsigned found[MEMORY_STORES];
    unsigned word = word_at(address, size);
    struct report_step step = { .word = address, .verb = "->" };
    unsigned n;
    unsigned index;

    if (on_stage())
        return memory_load(self, word, memory_newest(word), EXPLORE_ACQUIRE);

    if (strikes(EXPLORE_BLIND_LOAD, site))
        return 0;
    order = weaken(order, site);
    word_begin(word, false, address, site);
    n = memory_candidates(
            self, word, running->history ? running->history : 8, found);
    index = found[search_choose(n)];
    step.behind = memory_newest(word) - index;
    step.value = memory_load(self, word, index, order);
    note_read(word, step.value);
    step_end(reads(word), &step);
    return step.value;
}

static void
note_store(void)
{
    stores++;
    for (unsigned i = 0; i < running->threads; i++)
        threads[i].lonely_spins = 0;
}

void
explore_store(volatile void *address, size_t size, uint64_t value,
        enum explore_order order, const struct explore_site *site)
{
    unsigned word = word_at(address, size);
    struct report_step step = { .word = address, .verb = "=" };

    if (on_stage()) {
        memory_store(self, word, value, EXPLORE_RELEASE);
        return;
    }
    if (strikes(EXPLORE_SKIP, site))
        return;
    order = weaken(order, site);
    word_begin(word, true, address, site);
    memory_store(self, word, value, order);
    step.value = memory_value(word, memory_newest(word));
    note_store();
    threads[self].spun = 0;
    step_end(writes(word), &step);
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
    unsigned word = word_at(address, size);
    struct report_step step = { .word = address, .verb = "=" };
    uint64_t old;

    if (strikes(EXPLORE_SPLIT_RMW, site)) {
        old = explore_load(address, size, order & EXPLORE_ACQUIRE, site);
        explore_store(address, size, combine(how, old, value),
                order & EXPLORE_RELEASE, site);
        return old;
    }
    order = weaken(order, site);
    if (!on_stage())
        word_begin(word, true, address, site);
    old = memory_value(word, memory_newest(word));
    memory_rmw(self, word, combine(how, old, value), order);
    if (on_stage())
        return old;
    step.value = memory_value(word, memory_newest(word));
    note_store();
    note_read(word, step.value);
    step_end(writes(word), &step);
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
    if (equal && weak && !on_stage() && threads[self].spurious)
        found[n++] = (struct verdict){ newest, false, true };
    if (running->stale_cas && !on_stage())
        seen = memory_candidates(
                self, word, running->history ? running->history : 8, old);
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
    uint64_t seen =
            explore_load(address, size, order & EXPLORE_ACQUIRE, site);

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
    unsigned word = word_at(address, size);
    struct report_step step = { .word = address };
    uint64_t expected = get(old, size);
    unsigned n;

    if (strikes(EXPLORE_SPLIT_RMW, site))
        return split_cas(address, size, old, value, won, site);

    won = weaken(won, site);
    lost = weaken(lost, site);
    if (!on_stage())
        word_begin(word, true, address, site);
    n = find_verdicts(word, expected, weak, found);
    verdict = found[on_stage() ? 0 : search_choose(n)];

    if (verdict.won) {
        memory_rmw(self, word, value, won);
    } else {
        step.value = memory_load(self, word, verdict.index, lost);
        memcpy(old, &step.value, size);
    }
    if (on_stage())
        return verdict.won;
    if (verdict.won) {
        step.verb = "=";
        step.value = memory_value(word, memory_newest(word));
        note_store();
        threads[self].spun = 0;
        step_end(writes(word), &step);
        return true;
    }
    step.verb = "lost to";
    step.behind = memory_newest(word) - verdict.index;
    step.remark = verdict.spurious ? "spuriously" : NULL;
    threads[self].spurious -= verdict.spurious;
    note_read(word, step.value);
    step_end(reads(word), &step);
    return false;
}

void
explore_fence(enum explore_order order, const struct explore_site *site)
{
    /* Only this thread's own view changes: not a step. */
    if (!on_stage() && !strikes(EXPLORE_SKIP, site))
        memory_fence(self, order);
}

void
explore_fence_seq_cst(const struct explore_site *site)
{
    struct report_step step = { 0 };

    if (on_stage() || strikes(EXPLORE_SKIP, site))
        return;
    step_begin(fence, site);
    memory_fence_seq_cst(self);
    step_end(fence, &step);
}

void
explore_fence_all(const struct explore_site *site)
{
    struct footprint all = { UINT64_MAX, UINT64_MAX };
    struct report_step step = { 0 };

    if (on_stage() || strikes(EXPLORE_SKIP, site))
        return;
    step_begin(all, site);
    memory_fence_all(self);
    step_end(all, &step);
}

/*
 * A thread that spins is not scheduled until a word that it read has another
 * value, and then sees it: spinning longer would change nothing.
 */
void
explore_relax(const struct explore_site *site)
{
    struct thread *thread = &threads[self];
    struct report_step step = { 0 };
    struct footprint footprint;

    if (on_stage()
            || (running->restless && !strcmp(running->restless, site->func)))
        return;
    thread->site = *site;
    thread->stand = STAND_RELAX;
    thread->stores_seen = stores;
    pause_before_step();

    if (!has_news(thread) && ++thread->lonely_spins > LONELY_SPINS)
        explore_fail("T%u spins for ever at %s:%d", self,
                report_file(site->file), site->line);
    footprint = footprint_of(thread);
    for (unsigned word = 0; word < MEMORY_WORDS; word++)
        if (thread->spun >> word & 1)
            memory_catch_up(self, word);
    thread->spun = 0;
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
    step_begin(nothing, &site);
    step.value = search_choose(n);
    step_end(nothing, &step);
    return (unsigned)step.value;
}

/*
 * The futex.  The kernel's side of a wait and of a wake is a full fence, and
 * the value is read like any other: a store that no wake follows may be late.
 */

/* Time has passed: long enough for all stores to arrive. */
static void
wait_in_vain(struct thread *thread)
{
    memory_catch_up_all(self);
    if (thread->timeouts)
        thread->timeouts--;
}

/* Second step of a wait: asleep, until a wake or the time ends it. */
static int
sleep_in(struct thread *thread, volatile void *address, bool timed)
{
    struct report_step step = { .word = address };
    struct footprint footprint;

    thread->futex = address;
    thread->bedtime = bedtimes++;
    thread->timed = timed;
    thread->woken = false;
    thread->stand = STAND_SLEEP;
    pause_before_step();

    footprint = footprint_of(thread);
    thread->futex = NULL;
    thread->stand = STAND_STEP;
    step.remark = thread->woken ? "woken" : "time is over";
    if (!thread->woken)
        wait_in_vain(thread);
    step_end(footprint, &step);
    return thread->woken ? 0 : -ETIMEDOUT;
}

int
explore_wait(volatile void *address, uint32_t expected, bool timed,
        const struct explore_site *site)
{
    unsigned found[MEMORY_STORES];
    unsigned word = word_at(address, sizeof expected);
    struct footprint footprint = reads(word);
    struct report_step step = { .word = address, .verb = "sees" };
    struct thread *thread;
    bool blind;

    if (on_stage())
        explore_fail("setup() and finish() must not sleep");
    if (strikes(EXPLORE_SKIP, site))
        return 0;
    blind = strikes(EXPLORE_BLIND_WAIT, site);
    footprint.writes |= fence.writes;
    thread = step_begin(footprint, site);
    memory_fence_seq_cst(self);
    step.value = memory_load(self, word,
            found[search_choose(memory_candidates(self, word, 8, found))],
            EXPLORE_RELAXED);
    if (step.value != expected && !blind) {
        step.remark = "does not sleep";
        step_end(footprint, &step);
        return -EAGAIN;
    }
    step.remark = "sleeps";
    step_end(footprint, &step);
    return sleep_in(thread, address, timed);
}

/* Who sleeps on this word, longest first; returns how many. */
static unsigned
find_sleepers(const volatile void *address, unsigned found[SEARCH_THREADS])
{
    unsigned n = 0;

    for (unsigned i = 0; i < running->threads; i++) {
        const struct thread *thread = &threads[i];
        unsigned at;

        if (thread->stand != STAND_SLEEP || thread->futex != address
                || thread->woken)
            continue;
        for (at = n++; at > 0; at--) {
            if (threads[found[at - 1]].bedtime < thread->bedtime)
                break;
            found[at] = found[at - 1];
        }
        found[at] = i;
    }
    return n;
}

static void
wake_up(unsigned sleeper)
{
    threads[sleeper].woken = true;
    search_enables(sleeper);
}

int
explore_wake(volatile void *address, int n, const struct explore_site *site)
{
    unsigned found[SEARCH_THREADS];
    struct report_step step = { .word = address, .verb = "wakes" };
    unsigned sleepers;
    unsigned first;

    if (on_stage() || strikes(EXPLORE_SKIP, site))
        return 0;
    step_begin(fence, site);
    memory_fence_seq_cst(self);
    sleepers = find_sleepers(address, found);
    if (n > 0 && (unsigned)n < sleepers) {
        /* The kernel promises no order: any of them may be the first. */
        first = search_choose(sleepers);
        wake_up(found[first]);
        step.value = 1;
        found[first] = found[0];
        for (unsigned i = 1; i < (unsigned)n; i++, step.value++)
            wake_up(found[i]);
    } else if (n > 0) {
        for (; step.value < sleepers; step.value++)
            wake_up(found[step.value]);
    }
    step_end(fence, &step);
    return (int)step.value;
}

/*
 * Plain data and memory
 */

/* The program's own code begins here, says the linker. */
extern const char __executable_start[];

static void
plain(const volatile void *data, size_t size, bool write, const char *code)
{
    const struct explore_site *last = &threads[self].site;
    const char *race = NULL;

    if (arena_is_freed(data))
        race = "uses freed memory";
    else
        race = memory_plain(self, data, size, write);
    if (race)
        explore_fail("data race: T%u %s: %s, after %s:%d (addr2line %#zx)",
                self, race, report_address(data), report_file(last->file),
                last->line, (size_t)(code - __executable_start));
}

/* What is thread-local looks shared here only. */
static bool
is_local(const volatile void *data)
{
    for (unsigned i = 0; i < local_count; i++)
        if ((uintptr_t)data - (uintptr_t)locals[i].address < locals[i].size)
            return true;
    return false;
}

void
explore_plain(const volatile void *data, size_t size, bool write,
        const char *file, int line)
{
    const char *race;

    if (on_stage() || !running)
        return;
    race = memory_plain(self, data, size, write);
    if (race)
        explore_fail("data race: T%u %s: %s, at %s:%d", self, race,
                report_address(data), report_file(file), line);
}

void
engine_plain(const volatile void *data, size_t size, bool write,
        const void *caller)
{
    if (running && !on_stage() && !is_local(data))
        plain(data, size, write, caller);
}

void *
explore_alloc(size_t size)
{
    return arena_alloc(size);
}

void
explore_free(void *block)
{
    static const struct explore_site site = { "explore_free", "", "", "", 0 };
    struct report_step step = { .word = block };
    struct footprint footprint = { 0, 0 };
    size_t size;

    if (!block)
        return;
    size = arena_size(block);
    if (!on_stage()) {
        footprint.writes = memory_words_in(block, size);
        step_begin(footprint, &site);
        footprint.writes = memory_words_in(block, size);
        if (arena_is_freed(block))
            explore_fail("T%u frees memory twice: %s", self,
                    report_address(block));
        plain(block, size, true, __builtin_return_address(0));
        step_end(footprint, &step);
    }
    arena_free(block);
}

bool
explore_is_freed(const void *block)
{
    return arena_is_freed(block);
}

unsigned
explore_blocks(void)
{
    return arena_blocks();
}

/*
 * The execution
 */

static void
run_setup(unsigned index)
{
    (void)index;
    running->setup();
    fiber_jump(&outside);
}

static void
run_finish(unsigned index)
{
    (void)index;
    if (running->finish)
        running->finish();
    fiber_jump(&outside);
}

static void
run_thread(unsigned index)
{
    running->thread(index);
    threads[index].stand = STAND_ENDED;
    fiber_jump(starting ? &outside : next_fiber());
}

static void
play_on_stage(void (*scene)(unsigned))
{
    self = MEMORY_MAIN;
    fiber_start(&stage, scene);
    fiber_switch(&outside, &stage);
}

/* Lets each thread run up to its first access. */
static void
start_threads(void)
{
    static struct thread fresh;

    save_locals(&fresh);
    starting = true;
    for (unsigned i = 0; i < running->threads && end == ENGINE_DONE; i++) {
        struct thread *thread = &threads[i];

        self = i;
        thread->stand = STAND_STEP;
        thread->spun = 0;
        thread->lonely_spins = 0;
        thread->futex = NULL;
        thread->timeouts = running->timeouts ? running->timeouts : 1;
        thread->spurious = running->spurious;
        thread->disarmed = false;
        thread->site = (struct explore_site){ "", "", "", "its start", 0 };
        load_locals(&fresh);
        fiber_start(&thread->fiber, run_thread);
        fiber_switch(&outside, &thread->fiber);
    }
    load_locals(&fresh);
    starting = false;
}

static void
play(void)
{
    struct fiber *first;

    play_on_stage(run_setup);
    if (end != ENGINE_DONE)
        return;
    memory_fork();
    start_threads();
    if (end != ENGINE_DONE)
        return;
    first = next_fiber();
    if (first != &outside)
        fiber_switch(&outside, first);
    if (end != ENGINE_DONE)
        return;
    memory_join();
    play_on_stage(run_finish);
}

enum engine_end
engine_run(const struct explore_case *what)
{
    running = what;
    end = ENGINE_DONE;
    stores = 0;
    bedtimes = 0;
    faults = 0;
    in_a_row = 0;
    impatient = false;
    local_count = 0;
    report_begin();
    arena_begin();
    memory_begin();
    play();
    memory_end();
    running = NULL;
    return end;
}

const char *
engine_reason(void)
{
    return reason;
}

const char *
engine_bound(void)
{
    if (memory_was_cut())
        return "history";
    return impatient ? "patience" : NULL;
}

unsigned
engine_faults(void)
{
    return faults;
}

void
explore_name(const volatile void *address, size_t size, const char *name)
{
    report_name(address, size, name);
}
