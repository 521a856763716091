/*
 * data.c - plain data, which is checked for races, and memory.
 */
#include "arena.h"
#include "thread.h"

/* The program's own code begins here, says the linker. */
extern const char __executable_start[];

static void
plain(const volatile void *data, size_t size, bool write, const char *code)
{
    const struct explore_site *last = &engine_threads[engine_self].site;
    const char *race = NULL;

    if (arena_is_freed(data))
        race = "uses freed memory";
    else
        race = memory_plain(engine_self, data, size, write);
    if (race)
        explore_fail("data race: T%u %s: %s, after %s:%d (addr2line %#zx)",
                engine_self, race, report_address(data),
                report_file(last->file), last->line,
                (size_t)(code - __executable_start));
}

void
explore_plain(const volatile void *data, size_t size, bool write,
        const char *file, int line)
{
    const char *race;

    if (on_stage() || !engine_case)
        return;
    race = memory_plain(engine_self, data, size, write);
    if (race)
        explore_fail("data race: T%u %s: %s, at %s:%d", engine_self, race,
                report_address(data), report_file(file), line);
}

void
engine_plain(const volatile void *data, size_t size, bool write,
        const void *caller)
{
    if (engine_case && !on_stage() && !is_local(data))
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
            explore_fail("T%u frees memory twice: %s", engine_self,
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
