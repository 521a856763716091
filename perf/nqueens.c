/*
 * nqueens.c - how many ways are there to place 12 queens?
 *
 * A fork for each queen that can be placed, which has its own copy of the board
 * on the stack of its parent.
 */
#include "compute.h"
#include "kernels/queens.h"

static unsigned size; /* of the board */

struct placing {
    struct steal_job job;
    unsigned row; /* the next one without a queen */
    struct queens board;
    uint64_t solutions;
};

static uint64_t place(const struct queens *board, unsigned row);

static void
run_placing(struct steal_job *job)
{
    struct placing *self = (struct placing *)job;

    self->solutions = place(&self->board, self->row);
}

/* Forks for each square of the row that is safe; returns how many are. */
static unsigned
fork_each(struct placing *next, const struct queens *board, unsigned row)
{
    unsigned n = 0;

    for (unsigned column = 0; column < size; column++) {
        if (!queens_safe(board, row, column))
            continue;
        next[n].job = (struct steal_job)STEAL_JOB(run_placing);
        next[n].row = row + 1;
        next[n].board = *board;
        next[n].board.column[row] = (int8_t)column;
        steal_fork(&next[n].job);
        n++;
    }
    return n;
}

OUT_OF_LINE static uint64_t
place(const struct queens *board, unsigned row)
{
    struct placing next[QUEENS_MOST];
    uint64_t solutions = 0;

    if (row == size)
        return 1;
    for (unsigned n = fork_each(next, board, row); n > 0; n--) {
        struct placing *last = &next[n - 1];

        if (steal_join_job(&last->job))
            solutions += place(&last->board, last->row);
        else
            solutions += last->solutions;
    }
    return solutions;
}

static void
run(struct perf *p)
{
    struct queens empty = { { 0 } };
    uint64_t solutions;

    size = p->quick ? QUEENS_QUICK : QUEENS;
    perf_begin(p);
    solutions = place(&empty, 0);
    perf_end(p);
    perf_assert(solutions == kernel_queens(size));
}

/* clang-format off */
int
main(int argc, char **argv)
{
    static const struct perf_case cases[] = {
        { .bench = "nqueens",
                .flags = PERF_COMPUTE | PERF_MILLI | PERF_UNCOUNTED,
                .run = run },
        { 0 }
    };

    return perf_main(argc, argv, cases);
}
/* clang-format on */
