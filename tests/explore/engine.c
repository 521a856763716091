#include "engine.h"

#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "thread.h"

#define PATIENCE 400 /* steps of one thread while others could go on */

/*
 * The thread-local variables of the program.  All threads of a case are one for
 * the system, so they are put aside whenever another goes on.
 */
struct locals {
    unsigned char *start;
    size_t size;
    const void *image; /* what they begin with; zero after that */
    size_t image_size;
};

struct thread engine_threads[SEARCH_THREADS];
static struct fiber stage; /* of setup() and finish() */
static struct fiber outside;

const struct explore_case *engine_case;
unsigned engine_self;
unsigned engine_store_count;
static bool starting;
static enum engine_end end;
static char reason[400];
static unsigned in_a_row; /* steps of `self` since another thread's last */
static bool impatient;
static struct locals locals;

static const struct footprint late = { UINT64_MAX, UINT64_C(1)
                                                           << MEMORY_FENCE };

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

static int find_locals(struct dl_phdr_info *info, size_t size, void *unused);

void
engine_init(void)
{
    for (unsigned i = 0; i < SEARCH_THREADS; i++)
        fiber_init(&engine_threads[i].fiber, i);
    fiber_init(&stage, 0);
    catch_bad_addresses();
    dl_iterate_phdr(find_locals, NULL);
}

/*
 * Who may go on
 */

void
thread_note_read(struct thread *thread, unsigned word, uint64_t value)
{
    thread->spun |= memory_bit(word);
    thread->spun_on[word] = true;
    thread->spun_value[word] = value;
}

void
thread_forget_reads(struct thread *thread)
{
    thread->spun = 0;
    memset(thread->spun_on, 0, sizeof thread->spun_on);
}

static bool
is_news(const struct thread *thread, unsigned word)
{
    return memory_value(word, memory_newest(word)) != thread->spun_value[word];
}

bool
thread_has_news(const struct thread *thread)
{
    for (unsigned word = 0; word < MEMORY_WORDS; word++)
        if (thread->spun_on[word] && is_news(thread, word))
            return true;
    return !thread->spun && thread->stores_seen != engine_store_count;
}

static bool
is_ready(const struct thread *thread)
{
    switch (thread->stand) {
    case STAND_STEP:
        return true;
    case STAND_RELAX:
        return thread_has_news(thread);
    case STAND_SLEEP:
        return thread->woken || (thread->timed && thread->timeouts);
    default:
        return false;
    }
}

struct footprint
thread_footprint(const struct thread *thread)
{
    switch (thread->stand) {
    case STAND_STEP:
        return thread->next;
    case STAND_RELAX:
        return (struct footprint){ thread->spun ? thread->spun : UINT64_MAX,
            0 };
    case STAND_SLEEP:
        return thread->woken ? footprint_none : late;
    default:
        return footprint_none;
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

    for (unsigned i = 0; i < engine_case->threads; i++) {
        const struct thread *thread = &engine_threads[i];

        if (thread->stand == STAND_SLEEP && thread->timed)
            return 1u << i;
        if (thread->stand == STAND_RELAX &&
                (!spinner || thread->lonely_spins < spinner->lonely_spins))
            spinner = thread;
    }
    return spinner ? 1u << (spinner - engine_threads) : 0;
}

/* A thread that loops, though it does not say so, until another goes on. */
static void
be_fair(struct crossing *crossing)
{
    unsigned others = crossing->ready & ~(1u << engine_self);

    if (in_a_row < PATIENCE || !others)
        return;
    crossing->ready = others;
    impatient = true;
}

static struct crossing
look(void)
{
    struct crossing crossing = { 0 };

    for (unsigned i = 0; i < engine_case->threads; i++) {
        crossing.next[i] = thread_footprint(&engine_threads[i]);
        if (is_ready(&engine_threads[i]))
            crossing.ready |= 1u << i;
        if (engine_threads[i].stand == STAND_SLEEP && !engine_threads[i].woken)
            crossing.dozing |= 1u << i;
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

    for (unsigned i = 0; i < engine_case->threads; i++)
        if (engine_threads[i].stand == STAND_SLEEP && used < sizeof reason)
            used += (size_t)snprintf(reason + used, sizeof reason - used,
                    " T%u sleeps at %s:%d;", i,
                    report_file(engine_threads[i].site.file),
                    engine_threads[i].site.line);
    end = ENGINE_FAILED;
}

static bool
all_ended(void)
{
    for (unsigned i = 0; i < engine_case->threads; i++)
        if (engine_threads[i].stand != STAND_ENDED)
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
    in_a_row = (unsigned)next == engine_self ? in_a_row + 1 : 0;
    engine_self = (unsigned)next;
    return &engine_threads[engine_self].fiber;
}

/* Of all that is loaded the program comes first. */
static int
find_locals(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];

        if (header->p_type != PT_TLS)
            continue;
        locals.start = info->dlpi_tls_data;
        locals.size = header->p_memsz;
        locals.image = (const void *)(info->dlpi_addr + header->p_vaddr);
        locals.image_size = header->p_filesz;
    }
    if (locals.size > LOCALS_SIZE) {
        fprintf(stderr, "explore: too many thread-local variables\n");
        exit(1);
    }
    return 1;
}

static void
reset_locals(void)
{
    if (!locals.size)
        return;
    memcpy(locals.start, locals.image, locals.image_size);
    memset(locals.start + locals.image_size, 0,
            locals.size - locals.image_size);
}

static void
save_locals(struct thread *thread)
{
    if (locals.size)
        memcpy(thread->locals, locals.start, locals.size);
}

static void
load_locals(const struct thread *thread)
{
    if (locals.size)
        memcpy(locals.start, thread->locals, locals.size);
}

bool
is_local(const volatile void *data)
{
    return (uintptr_t)data - (uintptr_t)locals.start < locals.size;
}

void
thread_pause(struct thread *thread)
{
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

struct thread *
step_begin(struct footprint footprint, const struct explore_site *site)
{
    struct thread *thread = &engine_threads[engine_self];

    thread->stand = STAND_STEP;
    thread->next = footprint;
    thread->site = *site;
    thread_pause(thread);
    return thread;
}

void
step_end(struct footprint footprint, struct report_step *step)
{
    step->thread = engine_self;
    step->site = engine_threads[engine_self].site;
    report_step(search_depth() - 1, step);
    search_commit(footprint);
}

static void
must_be_alive(const volatile void *address)
{
    if (arena_is_freed(address))
        explore_fail("T%u uses freed memory: %s", engine_self,
                report_address(address));
}

unsigned
step_word(const volatile void *address, size_t size)
{
    must_be_alive(address);
    return memory_word(engine_self, address, size);
}

void
step_begin_word(struct footprint footprint, const volatile void *address,
        const struct explore_site *site)
{
    step_begin(footprint, site);
    must_be_alive(address); /* others were quicker */
}

/*
 * The execution
 */

static void
run_setup(unsigned index)
{
    (void)index;
    engine_case->setup();
    fiber_jump(&outside);
}

static void
run_finish(unsigned index)
{
    (void)index;
    if (engine_case->finish)
        engine_case->finish();
    fiber_jump(&outside);
}

static void
run_thread(unsigned index)
{
    engine_case->thread(index);
    engine_threads[index].stand = STAND_ENDED;
    fiber_jump(starting ? &outside : next_fiber());
}

static void
play_on_stage(void (*scene)(unsigned))
{
    engine_self = MEMORY_MAIN;
    reset_locals();
    fiber_start(&stage, scene);
    fiber_switch(&outside, &stage);
}

/* Lets each thread run up to its first access. */
static void
start_threads(void)
{
    starting = true;
    for (unsigned i = 0; i < engine_case->threads && end == ENGINE_DONE; i++) {
        struct thread *thread = &engine_threads[i];

        engine_self = i;
        thread->stand = STAND_STEP;
        thread_forget_reads(thread);
        thread->lonely_spins = 0;
        thread->futex = NULL;
        thread->timeouts = engine_case->timeouts ? engine_case->timeouts : 1;
        thread->spurious = engine_case->spurious;
        thread->disarmed = false;
        thread->site = (struct explore_site){ "", "", "", "its start", 0 };
        reset_locals();
        fiber_start(&thread->fiber, run_thread);
        fiber_switch(&outside, &thread->fiber);
    }
    reset_locals();
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
    engine_case = what;
    end = ENGINE_DONE;
    engine_store_count = 0;
    access_begin();
    in_a_row = 0;
    impatient = false;
    report_begin();
    arena_begin();
    memory_begin();
    play();
    memory_end();
    engine_case = NULL;
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
explore_self(void)
{
    return engine_self;
}

void
explore_name(const volatile void *address, size_t size, const char *name)
{
    report_name(address, size, name);
}
