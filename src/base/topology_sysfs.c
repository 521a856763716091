/*
 * Where the sets are, below /sys/devices/system
 *
 *   cpu/cpuN/topology/core_cpus_list         "0,4" or "0-1": those of N's core;
 *                     thread_siblings_list   ... its old name
 *                     cluster_cpus_list      of a part of a die
 *                     die_cpus_list
 *                     physical_package_id    "0"
 *   cpu/cpuN/cache/indexI/level              "2"
 *                         shared_cpu_list    those that share this cache
 *   node/online                              "0-1"
 *   node/nodeM/cpulist                       those of this memory
 *
 * A set is called by the first of its processors, in whichever's list; that of a
 * package and that of a node by their numbers.
 */
#include "topology.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
    KIND_CORE = TOPOLOGY_CORE,
    KIND_CLUSTER,
    KIND_CACHE, /* of level 2, and then the others */
    KIND_DIE = KIND_CACHE + 3,
    KIND_PACKAGE,
    KIND_NODE
};

/* The levels that processors may share without sharing their core. */
#define CACHE_LEAST 2
#define CACHE_MOST  4

/* More caches than a processor has. */
#define CACHES 10

/* No number of a processor or node is as large. */
#define NUMBERS (1u << 16)

/* Room for one file. */
struct text {
    char bytes[8192];
};

enum range {
    RANGE,
    RANGE_END,
    RANGE_MALFORMED
};

/*
 * Files
 */

/* Everything up to the end of the line; false if there is no such file, or if
 * it is too long. */
static bool
read_path(const char *path, struct text *text)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (file < 0)
        return false;
    n = read(file, text->bytes, sizeof text->bytes);
    close(file);
    if (n < 0 || (size_t)n == sizeof text->bytes)
        return false;
    text->bytes[n] = '\0';
    text->bytes[strcspn(text->bytes, "\n")] = '\0';
    return true;
}

static __attribute__((format(printf, 3, 4))) bool
read_text(const char *root, struct text *text, const char *format, ...)
{
    char path[1024];
    int n = snprintf(path, sizeof path, "%s/sys/devices/system/", root);
    size_t room;
    va_list args;

    if (n < 0 || (size_t)n >= sizeof path)
        return false;
    room = sizeof path - (size_t)n;
    va_start(args, format);
    n = vsnprintf(path + n, room, format, args);
    va_end(args);
    return n >= 0 && (size_t)n < room && read_path(path, text);
}

/*
 * Numbers and lists
 */

static bool
take_number(const char **text, unsigned *number)
{
    unsigned long n;
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    n = strtoul(*text, &end, 10);
    *text = end;
    *number = (unsigned)n;
    return n < NUMBERS;
}

/* The next range of a list as "0-3,8". */
static enum range
take_range(const char **text, unsigned *first, unsigned *last)
{
    if (!**text)
        return RANGE_END;
    if (!take_number(text, first))
        return RANGE_MALFORMED;
    *last = *first;
    if (**text == '-') {
        ++*text;
        if (!take_number(text, last) || *last < *first)
            return RANGE_MALFORMED;
    }
    if (!**text)
        return RANGE;
    return *(*text)++ == ',' && **text ? RANGE : RANGE_MALFORMED;
}

/* Whether a list is well-formed and holds `number`. */
static bool
holds(const char *list, unsigned number)
{
    enum range range;
    unsigned first, last;
    bool found = false;

    while ((range = take_range(&list, &first, &last)) == RANGE)
        found = found || (first <= number && number <= last);
    return found && range == RANGE_END;
}

/* The first processor of a list that holds `number`. */
static int
parse_set(const struct text *text, unsigned number)
{
    const char *list = text->bytes;
    unsigned first;

    if (!holds(list, number) || !take_number(&list, &first))
        return TOPOLOGY_NO_SET;
    return (int)first;
}

static int
parse_number(const struct text *text)
{
    const char *list = text->bytes;
    unsigned number;

    if (!take_number(&list, &number) || *list)
        return TOPOLOGY_NO_SET;
    return (int)number;
}

/*
 * Sets
 */

static void
read_core(struct processor *p, const char *root)
{
    static const struct {
        const char *name;
        enum kind kind;
    } lists[] = {
        { "thread_siblings_list", KIND_CORE },
        { "core_cpus_list", KIND_CORE },
        { "cluster_cpus_list", KIND_CLUSTER },
        { "die_cpus_list", KIND_DIE },
    };
    struct text text;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (read_text(root, &text, "cpu/cpu%u/topology/%s", p->number,
                    lists[i].name))
            p->set[lists[i].kind] = parse_set(&text, p->number);
    if (read_text(root, &text, "cpu/cpu%u/topology/physical_package_id",
                p->number))
        p->set[KIND_PACKAGE] = parse_number(&text);
}

static void
read_caches(struct processor *p, const char *root)
{
    struct text text;

    for (unsigned i = 0; i < CACHES; i++) {
        int level;

        if (!read_text(root, &text, "cpu/cpu%u/cache/index%u/level", p->number,
                    i))
            return;
        level = parse_number(&text);
        if (level < CACHE_LEAST || level > CACHE_MOST)
            continue;
        if (read_text(root, &text, "cpu/cpu%u/cache/index%u/shared_cpu_list",
                    p->number, i))
            p->set[KIND_CACHE + level - CACHE_LEAST] = parse_set(&text,
                    p->number);
    }
}

static void
read_node(struct topology *topology, const char *root, unsigned node)
{
    struct text text;

    if (!read_text(root, &text, "node/node%u/cpulist", node))
        return;
    for (unsigned i = 0; i < topology->n; i++) {
        struct processor *p = &topology->processors[i];

        if (holds(text.bytes, p->number))
            p->set[KIND_NODE] = (int)node;
    }
}

static void
read_nodes(struct topology *topology, const char *root)
{
    struct text text;
    const char *list = text.bytes;
    unsigned first, last;

    if (!read_text(root, &text, "node/online"))
        return;
    while (take_range(&list, &first, &last) == RANGE)
        for (; first <= last; first++)
            read_node(topology, root, first);
}

void
steal__topology_ask_sysfs(struct topology *topology, const char *root)
{
    for (unsigned i = 0; i < topology->n; i++) {
        read_core(&topology->processors[i], root);
        read_caches(&topology->processors[i], root);
    }
    read_nodes(topology, root);
}
