/*
 * nqueens.c - fork and join: in how many ways do n queens stand on a board of n
 * by n squares, so that none of them attacks another?
 *
 *     $ examples/nqueens
 *     $ examples/nqueens 12
 *
 * The board is filled row by row.  Wherever a queen can stand there are two
 * things to count: the boards that have her there, and those where she stands
 * further on in this row.  The second is forked, the first is done at once, and
 * the join tells whether somebody else has done the second meanwhile.
 *
 * Each fork is tiny, and there are many of them: every square that is tried is one.
 * That is fine.  A fork that nobody takes costs a few instructions, so there is no
 * depth from which on the search would better go on without.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_QUEENS 16

/* Sets of columns, a bit each. */
struct row {
    uint32_t free;  /* where a queen can stand, and was not tried yet */
    uint32_t taken; /* columns with a queen above */
    uint32_t left;  /* attacked along a diagonal, to the left and down */
    uint32_t right;
};

/* A row to be gone on with.  The job is its first member, so that a pointer to it
 * is one to the whole. */
struct search {
    struct steal_job job;
    uint32_t board; /* all columns */
    struct row row;
    long solutions;
};

static long count(uint32_t board, const struct row *row);

/* What a worker does that takes the job. */
static void
search_run(struct steal_job *job)
{
    struct search *self = (struct search *)job;

    self->solutions = count(self->board, &self->row);
}

/* The boards on which a queen stands here, and others in the rows below. */
static long
count_below(uint32_t board, const struct row *row, uint32_t queen)
{
    struct row next = {
        .taken = row->taken | queen,
        .left = (row->left | queen) << 1,
        .right = (row->right | queen) >> 1,
    };

    if (next.taken == board)
        return 1; /* this was the last row */
    next.free = board & ~(next.taken | next.left | next.right);
    return count(board, &next);
}

static long
count(uint32_t board, const struct row *row)
{
    uint32_t queen = row->free & -row->free; /* the first column that is free */

    if (queen == row->free) /* it is the only one, or there is none */
        return queen ? count_below(board, row, queen) : 0;

    struct search others = { STEAL_JOB(search_run), board, *row, 0 };
    long solutions;

    others.row.free &= ~queen;
    steal_fork(&others.job);
    solutions = count_below(board, row, queen);
    if (steal_join_job(&others.job)) /* nobody has taken it: it is ours again */
        return solutions + count(board, &others.row);
    return solutions + others.solutions;
}

/* This thread is no worker.  It begins, the workers help. */
static int
solve(struct steal_runtime *runtime, int queens)
{
    uint32_t board = (UINT32_C(1) << queens) - 1;
    struct search all = { STEAL_JOB(search_run), board, { .free = board }, 0 };
    int error = steal_run_job(runtime, &all.job);

    if (error == 0)
        printf("%d queens: %ld\n", queens, all.solutions);
    return error;
}

int
main(int argc, char **argv)
{
    int from = argc > 1 ? atoi(argv[1]) : 4;
    int to = argc > 1 ? from : 10;
    struct steal_runtime *runtime;
    int error;

    if (from < 1 || to > MOST_QUEENS) {
        fprintf(stderr, "usage: nqueens [1 to %d]\n", MOST_QUEENS);
        return 2;
    }
    error = steal_runtime_new(&runtime, NULL);
    if (error == 0) {
        for (int queens = from; queens <= to && error == 0; queens++)
            error = solve(runtime, queens);
        steal_runtime_stop(runtime, STEAL_FOREVER);
    }
    if (error < 0)
        fprintf(stderr, "nqueens: error %d\n", error);
    return error < 0;
}
