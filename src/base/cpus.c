/*
 * Where the quotas are
 *
 *   /proc/self/cgroup      N:controllers:PATH     our cgroup in a hierarchy
 *   /proc/self/mountinfo   ... ROOT POINT ...     where the hierarchy is seen
 *
 *   ROOT    the cgroup that appears at POINT: "/", or in a container its own
 *   inside  PATH lies below ROOT: our directory is POINT/(PATH less ROOT)
 *   outside it does not, as the container hides that it is one, or PATH leads
 *           up and out of the cgroup namespace: POINT is the best that we know
 *
 * Every directory from ours up to POINT may hold a quota, and the kernel obeys
 * all.  Version 2 and version 1 of cgroups may be mounted side by side: the one
 * without the cpu controller has no such files, so both are asked.
 */
#include "cpus.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <steal/runtime.h>

#define NO_LIMIT UINT_MAX

enum version {
    CGROUP_V1,
    CGROUP_V2
};

/* A file that is read line by line; one that cannot be opened is empty. */
struct lines {
    FILE *file;
    char *line;
    size_t size;
};

/* Fields of a line of mountinfo. */
struct mount {
    char *root;
    char *point;
    char *type;
    char *options; /* of the file system: the controllers, for version 1 */
};

/* The directory of our cgroup, by the best mount seen so far. */
struct place {
    char *directory; /* owned; NULL: no mount seen */
    size_t top;      /* length of the part that is the mount point */
    size_t hidden;   /* length of the mount's root; SIZE_MAX: we are outside */
};

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* NULL if there is no memory. */
static char *
concat(const char *a, const char *b, const char *c)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = malloc(size);

    if (text)
        snprintf(text, size, "%s%s%s", a, b, c);
    return text;
}

static void
lines_open(struct lines *lines, const char *folder, const char *name)
{
    char *path = concat(folder, name, "");

    *lines = (struct lines){ .file = path ? fopen(path, "re") : NULL };
    free(path);
}

/* The next line, for the caller to cut up; NULL at the end. */
static char *
lines_next(struct lines *lines)
{
    if (!lines->file ||
            getdelim(&lines->line, &lines->size, '\n', lines->file) < 0)
        return NULL;
    lines->line[strcspn(lines->line, "\n")] = '\0';
    return lines->line;
}

static void
lines_close(struct lines *lines)
{
    if (lines->file)
        fclose(lines->file);
    free(lines->line);
}

/* A decimal number; 0 if it is anything else, such as "max", "-1" or NULL. */
static uint64_t
number(const char *text)
{
    unsigned long long n;
    char *end;

    if (!text || *text < '0' || *text > '9')
        return 0;
    n = strtoull(text, &end, 10);
    return *end || n == ULLONG_MAX ? 0 : n;
}

static uint64_t
number_in(const char *directory, const char *name)
{
    struct lines lines;
    uint64_t n;

    lines_open(&lines, directory, name);
    n = number(lines_next(&lines));
    lines_close(&lines);
    return n;
}

static unsigned
processors(uint64_t quota, uint64_t period)
{
    uint64_t n = quota && period ? (quota - 1) / period + 1 : NO_LIMIT;

    return n < NO_LIMIT ? (unsigned)n : NO_LIMIT;
}

static unsigned
quota_v1(const char *directory)
{
    return processors(number_in(directory, "/cpu.cfs_quota_us"),
            number_in(directory, "/cpu.cfs_period_us"));
}

static unsigned
quota_v2(const char *directory)
{
    struct lines lines;
    uint64_t quota, period;
    char *rest;

    lines_open(&lines, directory, "/cpu.max");
    rest = lines_next(&lines);
    quota = number(strsep(&rest, " "));
    period = number(strsep(&rest, " "));
    lines_close(&lines);
    return processors(quota, period);
}

/* Cuts up `words`. */
static bool
lists(char *words, const char *wanted)
{
    char *word;

    while ((word = strsep(&words, ",")))
        if (strcmp(word, wanted) == 0)
            return true;
    return false;
}

/* The path in a line of /proc/self/cgroup, NULL if it is of another hierarchy.
 * The path may contain colons. */
static char *
parse_cgroup(char *line, enum version version)
{
    char *id = strsep(&line, ":");
    char *controllers = strsep(&line, ":");
    bool ours;

    if (!line || *line != '/')
        return NULL;
    if (version == CGROUP_V2)
        ours = strcmp(id, "0") == 0 && !*controllers;
    else
        ours = lists(controllers, "cpu");
    return ours ? line : NULL;
}

/* Our path in the hierarchy, for the caller to free; NULL: there is none. */
static char *
find_path(const char *root, enum version version)
{
    struct lines lines;
    char *path = NULL;
    char *line;

    lines_open(&lines, root, "/proc/self/cgroup");
    while (!path && (line = lines_next(&lines))) {
        line = parse_cgroup(line, version);
        path = line ? strdup(line) : NULL;
    }
    lines_close(&lines);
    return path;
}

/* Undoes, in place, how the kernel writes blanks and backslashes: "\040". */
static void
unescape(char *text)
{
    const char *from = text;
    char *to = text;

    while (*from) {
        if (*from == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
                           (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/*
 *     36 35 0:30 /root /point rw,noexec shared:1 master:2 - type source rw,cpu
 *                                       any number, or none
 */
static bool
parse_mount(char *line, struct mount *mount)
{
    const char *field;

    for (int i = 0; i < 3; i++)
        strsep(&line, " ");
    mount->root = strsep(&line, " ");
    mount->point = strsep(&line, " ");
    do
        field = strsep(&line, " ");
    while (field && strcmp(field, "-") != 0);
    mount->type = strsep(&line, " ");
    strsep(&line, " ");
    mount->options = strsep(&line, " ");
    if (!mount->options)
        return false;

    unescape(mount->root);
    unescape(mount->point);
    return true;
}

static bool
is_of(const struct mount *mount, enum version version)
{
    if (version == CGROUP_V2)
        return strcmp(mount->type, "cgroup2") == 0;
    return strcmp(mount->type, "cgroup") == 0 && lists(mount->options, "cpu");
}

/* Whether a part of the path is "..". */
static bool
leads_up(const char *path)
{
    while ((path = strstr(path, "/.."))) {
        path += 3;
        if (!*path || *path == '/')
            return true;
    }
    return false;
}

/* `path` less `ancestor`, which has `n` characters; NULL if outside of it. */
static const char *
path_below(const char *ancestor, size_t n, const char *path)
{
    if (strncmp(path, ancestor, n) != 0)
        return NULL;
    path += n;
    return (*path && *path != '/') || leads_up(path) ? NULL : path;
}

/* Prefers the mount that shows most of what is above us; the first of those
 * that do not show us, as bind mounts may come later. */
static void
consider(struct place *place, const char *root, const struct mount *mount,
        const char *path)
{
    size_t n = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
    const char *below = path_below(mount->root, n, path);
    size_t hidden = below ? n : SIZE_MAX;

    if (place->directory && hidden >= place->hidden)
        return;
    free(place->directory);
    place->directory = concat(root, mount->point, below ? below : "");
    place->top = strlen(root) + strlen(mount->point);
    place->hidden = hidden;
}

/* `path` may be NULL: nowhere. */
static struct place
find_place(const char *root, enum version version, const char *path)
{
    struct place place = { NULL, 0, 0 };
    struct mount mount;
    struct lines lines;
    char *line;

    lines_open(&lines, root, "/proc/self/mountinfo");
    while (path && (line = lines_next(&lines)))
        if (parse_mount(line, &mount) && is_of(&mount, version))
            consider(&place, root, &mount, path);
    lines_close(&lines);
    return place;
}

/* The least quota on the way up; shortens the directory. */
static unsigned
climb(struct place *place, enum version version)
{
    unsigned (*ask)(const char *) = version == CGROUP_V2 ? quota_v2 : quota_v1;
    unsigned limit = ask(place->directory);

    /* Below the mount point a path begins with a slash. */
    while (place->directory[place->top]) {
        *strrchr(place->directory + place->top, '/') = '\0';
        limit = least(limit, ask(place->directory));
    }
    return limit;
}

static unsigned
quota_of(const char *root, enum version version)
{
    char *path = find_path(root, version);
    struct place place = find_place(root, version, path);
    unsigned limit = place.directory ? climb(&place, version) : NO_LIMIT;

    free(place.directory);
    free(path);
    return limit;
}

unsigned
steal__cpus_quota(const char *root)
{
    return least(quota_of(root, CGROUP_V1), quota_of(root, CGROUP_V2));
}

static unsigned
online(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : (unsigned)n;
}

#ifdef __linux__

/* Asks with a mask of `n` bits; 0 if the kernel's is larger, or on an error. */
static unsigned
count_mask(size_t n)
{
    size_t size = CPU_ALLOC_SIZE(n);
    cpu_set_t *mask = CPU_ALLOC(n);
    int count = 0;

    if (mask && sched_getaffinity(0, size, mask) == 0)
        count = CPU_COUNT_S(size, mask);
    CPU_FREE(mask);
    return (unsigned)count;
}

static unsigned
affinity(void)
{
    unsigned count = 0;

    for (size_t n = 1024; !count && n <= 1 << 20; n *= 2)
        count = count_mask(n);
    return count ? count : online();
}

#else
# define affinity() online()
#endif

unsigned
steal__cpus_allowed(const char *root)
{
    int saved = errno;
    unsigned n = least(affinity(), steal__cpus_quota(root));

    errno = saved;
    return n;
}

unsigned
steal_default_workers(void)
{
    return least(steal__cpus_allowed(""), STEAL_WORKERS_MAX);
}
