#include "assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn COLD void
steal__panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "libsteal: %s:%d: %s\n", file, line, what);
    abort();
}
