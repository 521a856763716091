/*
 * server.h - what the servers in C that perf/serve starts have in common.
 *
 *     program [-s echo|http] [-p port] [-u path] [-w workers]
 *
 * A server listens on 127.0.0.1, or on a Unix socket at `path`, and prints
 *
 *     ready PORT SYSTEM VERSION
 *
 * once it does; PORT tells what port 0, the default, has become.  SIGTERM ends
 * it.  It echoes, or answers what hello.h describes.
 */
#ifndef STEAL_PERF_SERVER_H
#define STEAL_PERF_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#define SERVER_BACKLOG 4096
#define SERVER_BUFFER  4096 /* bytes that a connection reads at once */

struct server_options {
    bool http;
    uint16_t port;
    const char *path; /* NULL: TCP */
    unsigned workers;
};

/* Prints how it is used and exits if the options make no sense. */
struct server_options server_parse(int argc, char **argv);

/* A bound socket in non-blocking mode that does not listen yet; a TCP one, and
 * what it accepts, has TCP_NODELAY. */
int server_bind(const struct server_options *options);

void server_ready(int listener, const char *system, const char *version);

/* Prints what failed and exits; `err` is a negative errno code. */
_Noreturn void server_fail(const char *what, int err);

#endif
