/*
 * wide.c - a large array is divided by many at once.
 *
 *     | 0 | 1 | 2 | 3 |  ...  | 3 | 2 | 1 | 0 |      pairs of pieces
 *     |<< |<< |<<>|<< |  ...  |>> |<>>|>> |>> |      each divided
 *
 * Each pair is divided by itself, so that its left piece is about all before the
 * pivot, and its right one about all behind.  That makes the boundary of the
 * whole known; the few that are on its wrong side then change places.
 */
#include "quick.h"

#include "each.h"
#include "loops.h"

#define PAIRS 32                /* at most */
#define PIECE ((size_t)1 << 14) /* elements, at least */
#define SWAPS ((size_t)1 << 13) /* elements that one job swaps */

/* Elements in a row. */
struct run {
    size_t begin, n;
};

/* Of one side of the boundary, those that belong to the other. */
struct strays {
    struct run runs[2 * PAIRS];
    size_t n; /* elements */
};

struct wide {
    const struct sort_order *order;
    char *array;
    size_t n;
    const void *pivot;
    size_t pairs;
    size_t piece;
    struct sort_pieces at[PAIRS];
    struct strays left, right;
};

static char *
element(const struct wide *w, size_t i)
{
    return w->array + i * w->order->size;
}

/* The piece in the middle is the left one of the last pair, and is longer. */
static struct run
left_piece(const struct wide *w, size_t pair)
{
    size_t begin = pair * w->piece;
    size_t extra = w->n - 2 * w->pairs * w->piece;

    return (struct run){ begin, w->piece + (pair == w->pairs - 1 ? extra : 0) };
}

static struct run
right_piece(const struct wide *w, size_t pair)
{
    return (struct run){ w->n - (pair + 1) * w->piece, w->piece };
}

static void
divide_pair(size_t i, void *data)
{
    struct wide *w = data;
    struct run left = left_piece(w, i);
    struct run right = right_piece(w, i);

    w->at[i] = steal__sort_divide_pieces(w->order, element(w, left.begin),
            left.n, element(w, right.begin), right.n, w->pivot);
}

/* Of a piece, of which `first` precede the pivot, those on the wrong side. */
static void
add_strays(struct wide *w, size_t slot, struct run piece, size_t first,
        size_t boundary)
{
    size_t middle = piece.begin + first;
    size_t end = piece.begin + piece.n;
    struct run *left = &w->left.runs[slot];
    struct run *right = &w->right.runs[slot];

    *left = (struct run){ middle, 0 };
    *right = (struct run){ piece.begin, 0 };
    if (middle < boundary)
        left->n = (end < boundary ? end : boundary) - middle;
    if (right->begin < boundary)
        right->begin = boundary;
    if (middle > right->begin)
        right->n = middle - right->begin;
    w->left.n += left->n;
    w->right.n += right->n;
}

static size_t
find_strays(struct wide *w)
{
    size_t boundary = 0;

    for (size_t i = 0; i < w->pairs; i++)
        boundary += w->at[i].left + w->at[i].right;
    for (size_t i = 0; i < w->pairs; i++) {
        add_strays(w, 2 * i, left_piece(w, i), w->at[i].left, boundary);
        add_strays(w, 2 * i + 1, right_piece(w, i), w->at[i].right, boundary);
    }
    return boundary;
}

/* The stray of that number, and how many follow in its run, up to `most`. */
static struct run
find_run(const struct strays *strays, size_t number, size_t most)
{
    const struct run *run = strays->runs;

    for (; number >= run->n; run++)
        number -= run->n;
    if (most > run->n - number)
        most = run->n - number;
    return (struct run){ run->begin + number, most };
}

static void
swap_strays(size_t i, void *data)
{
    struct wide *w = data;
    size_t number = i * SWAPS;
    size_t end = number + SWAPS < w->left.n ? number + SWAPS : w->left.n;

    while (number < end) {
        struct run left = find_run(&w->left, number, end - number);
        struct run right = find_run(&w->right, number, left.n);

        steal__sort_swap_runs(w->order, element(w, left.begin),
                element(w, right.begin), right.n);
        number += right.n;
    }
}

size_t
steal__sort_divide_wide(const struct sort_order *order, void *array, size_t n,
        const void *pivot)
{
    size_t pairs = n / PIECE / 2;
    struct wide w = { .order = order, .array = array, .n = n, .pivot = pivot };
    size_t boundary;

    w.pairs = pairs < 1 ? 1 : pairs < PAIRS ? pairs : PAIRS;
    w.piece = n / w.pairs / 2;
    steal__sort_each(0, w.pairs, divide_pair, &w);
    boundary = find_strays(&w);
    steal__sort_each(0, (w.left.n + SWAPS - 1) / SWAPS, swap_strays, &w);
    return boundary;
}
