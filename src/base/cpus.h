/*
 * cpus.h - how many processors this process may use.
 *
 * The machine may have many and a container few: workers beyond its CPU quota
 * would only have the kernel stop all of them for the rest of each period.
 *
 * `root` stands before every path that is read, "" for the real ones; a test
 * puts a tree of its own there.  What is missing or malformed limits nothing.
 *
 * Threads: any; the affinity mask is the caller's, which new threads inherit.
 */
#ifndef STEAL_BASE_CPUS_H
#define STEAL_BASE_CPUS_H

/* The least of affinity mask and quotas; at least 1. */
unsigned steal__cpus_allowed(const char *root);

/* The least quota of this process's cgroup and all above it, in processors and
 * rounded up; UINT_MAX if there is none. */
unsigned steal__cpus_quota(const char *root);

#endif
