/* dump_file.c - dumps to a file of stdio. */
#include "dump.h"

#include <errno.h>

static int
write_to_file(const char *text, size_t n, void *data)
{
    errno = 0;
    if (fwrite(text, 1, n, data) == n)
        return 0;
    return errno ? -errno : -EIO;
}

static int
dump_to_file(struct steal_runtime *runtime, const struct dump_format *format,
        FILE *file)
{
    int error = steal__dump(runtime, format, write_to_file, file);

    return !error && fflush(file) ? -errno : error;
}

int
steal_dump(struct steal_runtime *runtime, FILE *file)
{
    return dump_to_file(runtime, &steal__dump_text, file);
}

int
steal_dump_json(struct steal_runtime *runtime, FILE *file)
{
    return dump_to_file(runtime, &steal__dump_json, file);
}
