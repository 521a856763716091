/*
 * thread.h - the threads of a case, for the files that make their steps.
 *
 *     engine.c   who goes on, and the execution as a whole
 *     access.c   shared words and fences
 *     wait.c     the futex
 *     data.c     plain data and memory
 */
#ifndef EXPLORE_THREAD_H
#define EXPLORE_THREAD_H

#include "engine.h"
#include "fiber.h"
#include "memory.h"
#include "report.h"
#include "search.h"

#define LOCALS_SIZE 256

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
    bool spun_on[MEMORY_WORDS];
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

extern struct thread engine_threads[SEARCH_THREADS];
extern const struct explore_case *engine_case;
extern unsigned engine_self;        /* MEMORY_MAIN: the stage */
extern unsigned engine_store_count; /* stores of this execution */

static const struct footprint footprint_none;
static const struct footprint footprint_fence = { 0, UINT64_C(1)
                                                             << MEMORY_FENCE };

/* setup() or finish(): nobody else runs, and nothing is a step. */
static inline bool
on_stage(void)
{
    return engine_self == MEMORY_MAIN;
}

static inline struct footprint
footprint_read(unsigned word)
{
    return (struct footprint){ memory_bit(word), 0 };
}

static inline struct footprint
footprint_write(unsigned word)
{
    return (struct footprint){ 0, memory_bit(word) };
}

/* What the thread would touch if it went on now. */
struct footprint thread_footprint(const struct thread *thread);

/* Has a word that it spins on another value now? */
bool thread_has_news(const struct thread *thread);

/* It has read a word; it has made a store, and spins on nothing so far. */
void thread_note_read(struct thread *thread, unsigned word, uint64_t value);
void thread_forget_reads(struct thread *thread);

/* Returns when this thread is to make the step that it stands before. */
void thread_pause(struct thread *thread);

/* A step: the access is between the two. */
struct thread *step_begin(struct footprint footprint,
        const struct explore_site *site);
void step_end(struct footprint footprint, struct report_step *step);

/* The number of a word that is alive, before and during its step. */
unsigned step_word(const volatile void *address, size_t size);
void step_begin_word(struct footprint footprint, const volatile void *address,
        const struct explore_site *site);

/* Does the fault of the case strike this access, in this way? */
bool fault_strikes(enum explore_fault_kind kind,
        const struct explore_site *site);

/* Starts an execution. */
void access_begin(void);

/* What is thread-local looks shared here only. */
bool is_local(const volatile void *data);

#endif
