#include "report.h"

#include <string.h>

#include "search.h"

#define NAMES 64
#define TAIL  200 /* of a schedule without end, only this much is shown */

struct name {
    uintptr_t from;
    size_t size;
    const char *name;
};

static struct report_step steps[SEARCH_STEPS];
static unsigned step_count;
static struct name names[NAMES];
static unsigned name_count;

void
report_begin(void)
{
    step_count = 0;
    name_count = 0;
}

void
report_name(const volatile void *address, size_t size, const char *name)
{
    if (name_count < NAMES)
        names[name_count++] = (struct name){ (uintptr_t)address, size, name };
}

void
report_step(unsigned number, const struct report_step *step)
{
    steps[number] = *step;
    step_count = number + 1;
}

const char *
report_file(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The name with the smallest range around the address. */
static const struct name *
find_name(uintptr_t address)
{
    const struct name *best = NULL;

    for (unsigned i = 0; i < name_count; i++)
        if (address - names[i].from < names[i].size &&
                (!best || names[i].size < best->size))
            best = &names[i];
    return best;
}

const char *
report_address(const volatile void *address)
{
    static char text[80];
    const struct name *name = find_name((uintptr_t)address);
    size_t offset;

    if (!name) {
        snprintf(text, sizeof text, "%p", (void *)(uintptr_t)address);
        return text;
    }
    offset = (uintptr_t)address - name->from;
    if (offset)
        snprintf(text, sizeof text, "%s+%zu", name->name, offset);
    else
        snprintf(text, sizeof text, "%s", name->name);
    return text;
}

static const char *
value_text(uint64_t value)
{
    static char text[80];

    if (find_name((uintptr_t)value))
        snprintf(text, sizeof text, "%s",
                report_address((const void *)(uintptr_t)value));
    else if (value < 100000)
        snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    else
        snprintf(text, sizeof text, "%#llx", (unsigned long long)value);
    return text;
}

static void
print_step(FILE *out, unsigned number)
{
    const struct report_step *step = &steps[number];
    char place[64];

    snprintf(place, sizeof place, "%s:%d", report_file(step->site.file),
            step->site.line);
    fprintf(out, "%5u  T%u %*s%-18s %s: %s(%s)", number, step->thread,
            (int)step->thread * 2, "", place, step->site.func, step->site.op,
            step->site.expr);
    if (step->verb)
        fprintf(out, " %s %s", step->verb, value_text(step->value));
    if (step->word && find_name((uintptr_t)step->word))
        fprintf(out, " in %s", report_address(step->word));
    if (step->behind)
        fprintf(out, ", old: %u behind", step->behind);
    if (step->remark)
        fprintf(out, ", %s", step->remark);
    fputc('\n', out);
}

void
report_steps(FILE *out)
{
    unsigned i = step_count > 2 * TAIL ? step_count - TAIL : 0;

    if (i)
        fprintf(out, "  ... %u steps before\n", i);
    for (; i < step_count; i++)
        print_step(out, i);
}
