/*
 * queens.h - a board with queens in its first rows.
 */
#ifndef STEAL_PERF_QUEENS_H
#define STEAL_PERF_QUEENS_H

#include <stdbool.h>
#include <stdint.h>

#define QUEENS_MOST 16

struct queens {
    int8_t column[QUEENS_MOST]; /* of the queen in a row */
};

/* True if no queen in the rows before attacks that square. */
static inline bool
queens_safe(const struct queens *board, unsigned row, unsigned column)
{
    for (unsigned i = 0; i < row; i++) {
        int distance = board->column[i] - (int)column;

        if (distance == 0 || distance == (int)(row - i) ||
                distance == (int)i - (int)row)
            return false;
    }
    return true;
}

#endif
