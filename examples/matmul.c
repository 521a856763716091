/*
 * matmul.c - fork and join: the product of two matrices, by halves.
 *
 *     $ examples/matmul
 *     $ examples/matmul 1000
 *
 * A product is cut into two along its longest side, those into two again, and so
 * on, until the blocks fit into the smallest of caches; on the way they come to fit
 * into all the larger ones.  Neither their sizes nor the number of workers have to
 * be known.
 *
 * Halves of the rows, or of the columns, of the result have nothing to do with
 * each other: one is forked.  Halves of the sums add to the same result: they are
 * done one after the other.
 *
 * The numbers are small and whole, so that the sums are exact in whatever order
 * they are made, and the checksum is the same everywhere.
 */
#include <steal.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SMALL 32
#define MOST  4096

/* To add to `c`, `rows` by `columns`, the product of `a`, `rows` by `depth`, and
 * `b`.  They are parts of matrices whose rows are `stride` apart. */
struct block {
    double *c;
    const double *a;
    const double *b;
    size_t rows;
    size_t columns;
    size_t depth;
    size_t stride;
};

static bool
is_small(const struct block *block)
{
    return block->rows <= SMALL && block->columns <= SMALL &&
           block->depth <= SMALL;
}

static void
multiply_plainly(const struct block *block)
{
    size_t stride = block->stride;

    for (size_t i = 0; i < block->rows; i++)
        for (size_t k = 0; k < block->depth; k++) {
            double factor = block->a[i * stride + k];

            for (size_t j = 0; j < block->columns; j++)
                block->c[i * stride + j] += factor * block->b[k * stride + j];
        }
}

/* Each of these leaves the first half in `block` and returns the second. */

static struct block
cut_rows(struct block *block)
{
    struct block rest = *block;

    block->rows /= 2;
    rest.rows -= block->rows;
    rest.a += block->rows * block->stride;
    rest.c += block->rows * block->stride;
    return rest;
}

static struct block
cut_columns(struct block *block)
{
    struct block rest = *block;

    block->columns /= 2;
    rest.columns -= block->columns;
    rest.b += block->columns;
    rest.c += block->columns;
    return rest;
}

static struct block
cut_depth(struct block *block)
{
    struct block rest = *block;

    block->depth /= 2;
    rest.depth -= block->depth;
    rest.a += block->depth;
    rest.b += block->depth * block->stride;
    return rest;
}

/* A block that somebody else may multiply. */
struct product {
    struct steal_job job;
    struct block block;
};

static void multiply(struct block block);

static void
product_run(struct steal_job *job)
{
    multiply(((struct product *)job)->block);
}

static void
multiply(struct block block)
{
    struct product rest = { .job = STEAL_JOB(product_run) };

    if (is_small(&block)) {
        multiply_plainly(&block);
    } else if (block.depth >= block.rows && block.depth >= block.columns) {
        rest.block = cut_depth(&block);
        multiply(block);
        multiply(rest.block);
    } else {
        rest.block = block.rows >= block.columns ? cut_rows(&block)
                                                 : cut_columns(&block);
        steal_fork(&rest.job);
        multiply(block);
        steal_join_and_run(&rest.job); /* unless somebody else has run it */
    }
}

/*
 * The program
 */

struct matrices {
    size_t n;
    double *a;
    double *b;
    double *c; /* the product, by halves */
    double *d; /* and at once */
};

static int
matrices_init(struct matrices *m, size_t n)
{
    m->n = n;
    m->a = calloc(n * n, sizeof(double));
    m->b = calloc(n * n, sizeof(double));
    m->c = calloc(n * n, sizeof(double));
    m->d = calloc(n * n, sizeof(double));
    if (!m->a || !m->b || !m->c || !m->d)
        return -ENOMEM;
    for (size_t i = 0; i < n * n; i++) {
        m->a[i] = (double)(i % 17) - 8;
        m->b[i] = (double)(i % 13) - 6;
    }
    return 0;
}

static void
matrices_fini(struct matrices *m)
{
    free(m->a);
    free(m->b);
    free(m->c);
    free(m->d);
}

/* Twice: on all workers, and on this thread alone. */
static int
multiply_all(const struct matrices *m)
{
    struct block all = { m->c, m->a, m->b, m->n, m->n, m->n, m->n };
    struct product product = { STEAL_JOB(product_run), all };
    struct steal_runtime *runtime;
    int error = steal_runtime_new(&runtime, NULL);

    if (error < 0)
        return error;
    error = steal_run_job(runtime, &product.job);
    steal_runtime_stop(runtime, STEAL_FOREVER);

    all.c = m->d;
    multiply_plainly(&all);
    return error;
}

static bool
is_same(const struct matrices *m)
{
    for (size_t i = 0; i < m->n * m->n; i++) {
        if (m->c[i] != m->d[i])
            return false;
    }
    return true;
}

static uint32_t
checksum(const struct matrices *m)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < m->n * m->n; i++)
        sum = sum * 31 + (uint32_t)(int32_t)m->c[i];
    return sum;
}

int
main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    struct matrices matrices;
    int error;

    if (n < 1 || n > MOST) {
        fprintf(stderr, "usage: matmul [1 to %d]\n", MOST);
        return 2;
    }
    error = matrices_init(&matrices, n);
    if (error == 0)
        error = multiply_all(&matrices);
    if (error == 0 && !is_same(&matrices))
        error = -EPROTO;
    if (error == 0)
        printf("%zu by %zu, checksum %08x: ok\n", n, n, checksum(&matrices));
    else
        fprintf(stderr, "matmul: error %d\n", error);
    matrices_fini(&matrices);
    return error < 0;
}
