/*
 * top.h - where steal-top(1) finds a runtime.
 *
 * Threads: open() for anyone while the runtime is there; it closes with it.
 */
#ifndef STEAL_INSIGHT_TOP_H
#define STEAL_INSIGHT_TOP_H

#include <steal/runtime.h>

/* As steal_top_open(), but for a runtime that is being made. */
int steal__top_open(struct steal_runtime *runtime, const char *path);

#endif
