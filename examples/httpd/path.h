/*
 * path.h - which file a request means, and what is in it.
 */
#ifndef HTTPD_PATH_H
#define HTTPD_PATH_H

#include <stddef.h>

/*
 * Turns the target of a request into a path relative to the folder that is
 * served: "/a%20b//c?d" is "a b/c", and "/" is "index.html".  No part of it
 * begins with a dot, so that it leads neither out of the folder nor to a file
 * that is hidden.
 *
 * Returns 0, or an HTTP status with a minus sign: -400, malformed; -404, no path
 * that is served; -414, longer than `room`.
 */
int http_path(char *path, size_t room, const char *target, size_t size);

/* The media type that goes with the suffix of a path. */
const char *http_type(const char *path);

#endif
