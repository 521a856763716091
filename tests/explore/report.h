/*
 * report.h - the steps of the present execution, for people.
 */
#ifndef EXPLORE_REPORT_H
#define EXPLORE_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore_atomic.h"

struct report_step {
    unsigned thread;
    struct explore_site site;
    const volatile void *word; /* NULL: none */
    uint64_t value;
    const char *verb;   /* what the step did with the value */
    unsigned behind;    /* how many newer stores a load did not see */
    const char *remark; /* NULL: none */
};

void report_begin(void);
void report_name(const volatile void *address, size_t size, const char *name);

/* Notes what happened in step `number`; later ones are forgotten. */
void report_step(unsigned number, const struct report_step *step);

void report_steps(FILE *out);

/* "name+8", or the number; in a static buffer. */
const char *report_address(const volatile void *address);

/* The file without its folders. */
const char *report_file(const char *path);

#endif
