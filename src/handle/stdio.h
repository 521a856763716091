/*
 * stdio.h - the descriptors that a child begins with.
 *
 * Threads: one at a time.
 */
#ifndef STEAL_HANDLE_STDIO_H
#define STEAL_HANDLE_STDIO_H

#include <uv.h>

#include <steal/process.h>

struct stdio {
    uv_stdio_container_t child[STEAL_STDIO_MAX]; /* as uv_spawn() wants them */
    int ours[STEAL_STDIO_MAX]; /* the child's side, to be closed here; or -1 */
    struct steal_fd *parent[STEAL_STDIO_MAX]; /* the other side, or NULL */
};

/* Makes pipes and sockets as `wanted` says.  On error nothing is open. */
int steal__stdio_open(struct stdio *stdio, struct steal_runtime *runtime,
        const int *wanted);

/* The child has its side, or there will be no child. */
void steal__stdio_close_child(struct stdio *stdio);

void steal__stdio_close_parent(struct steal_fd **parent);

#endif
