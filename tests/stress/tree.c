#include <errno.h>
#include <sched.h>

#include <steal/blocking.h>

#include "orchard.h"

#define CHILDREN 8

struct node {
    struct steal_job job;
    uint64_t seed;
    uint32_t nodes; /* below and with itself, about */
    uint64_t root;
    unsigned home; /* which of the runtimes */
    _Atomic(uint32_t) runs;
    const struct node *forker; /* whoever runs on the thread that forks it */
    uint64_t sum;
};

/* What this thread is in the middle of: no two trees at a time, but for one that
 * a node grows with the other runtime. */
static _Thread_local uint64_t root_here;
static _Thread_local unsigned home_here;
static _Thread_local const struct node *node_here;

static void run_node(struct steal_job *job);

/*
 * What a tree looks like
 */

struct shape {
    unsigned children;
    uint32_t nodes; /* of each child */
    unsigned way;
    uint64_t value; /* what the node adds */
};

static struct shape
shape_of(struct rng *rng, uint32_t nodes)
{
    struct shape shape = { 0, 0, rng_below(rng, 4), rng_below(rng, 1 << 20) };

    if (nodes > 1)
        shape.children = 1 + rng_below(rng, CHILDREN);
    if (shape.children)
        shape.nodes = (nodes - 1) / shape.children;
    return shape;
}

static uint64_t
child_seed(uint64_t seed, unsigned i)
{
    return (seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t
expected_sum(uint64_t seed, uint32_t nodes)
{
    struct rng rng;
    struct shape shape;
    uint64_t sum;

    rng_init(&rng, seed);
    shape = shape_of(&rng, nodes);
    sum = shape.value;
    for (unsigned i = 0; i < shape.children; i++)
        sum += expected_sum(child_seed(seed, i), shape.nodes);
    return sum;
}

/*
 * What a node does besides
 */

static enum steal_poll
pest_poll(struct steal_future *future, struct steal_context *cx)
{
    require(root_here == 0); /* no task is polled inside of a tree */
    if (future->result-- > 0) {
        steal_context_wake(cx);
        return STEAL_PENDING;
    }
    return STEAL_READY;
}

static void
pest_drop(struct steal_future *future)
{
    (void)future;
    add_relaxed(&orchard.ended, 1); /* read at the end only */
}

static const struct steal_future_ops pest_ops = { .name = "pest",
    .poll = pest_poll,
    .drop = pest_drop };

static void
spawn_pest(struct rng *rng)
{
    struct steal_future pest = STEAL_FUTURE(&pest_ops);
    int error;

    pest.result = (int)rng_below(rng, 4);
    error = steal_spawn(orchard.runtime[0], &pest, sizeof pest, NULL);
    require(error == 0 || error == -ECANCELED);
    if (!error)
        add_relaxed(&orchard.spawned, 1); /* read at the end only */
}

static void
spin(uint32_t n)
{
    while (n--)
        cpu_relax();
}

static int
grow_in_place(void *arg)
{
    struct tree_plan *plan = arg;

    tree_grow(plan->seed, plan->nodes);
    return 0;
}

static void
grow_elsewhere(struct tree_plan *plan)
{
    const struct node *node = node_here;
    unsigned home = home_here;
    uint64_t root = root_here;
    int error;

    root_here = 0;
    node_here = NULL;
    home_here = !home;
    error = steal_run_job(orchard.runtime[home_here], &plan->job);
    require(error == 0 || error == -ECANCELED);
    root_here = root;
    node_here = node;
    home_here = home;
}

/* Another tree, in the middle of this one. */
static void
nest(struct rng *rng)
{
    struct tree_plan plan = { STEAL_JOB(tree_run), rng_below(rng, UINT32_MAX),
        1 + rng_below(rng, 30) };

    switch (rng_below(rng, 4)) {
    case 0:
        steal_block_in_place(grow_in_place, &plan);
        break;
    case 1:
        grow_elsewhere(&plan);
        break;
    case 2:
        require(steal_run_job(NULL, &plan.job) == 0);
        break;
    default:
        tree_grow(plan.seed, plan.nodes);
    }
}

static void
do_something(struct rng *rng)
{
    uint32_t what = rng_below(rng, 256);

    if (what < 128)
        spin(what * 2);
    else if (what < 140)
        steal_share();
    else if (what < 148)
        spawn_pest(rng);
    else if (what < 150)
        spin(20000);
    else if (what < 152)
        sched_yield();
    else if (what == 152)
        nest(rng);
}

/*
 * Forks and joins
 */

static void
fork_child(struct node *child, const struct node *parent, unsigned i,
        uint32_t nodes)
{
    *child = (struct node){ .job = STEAL_JOB(run_node),
        .seed = child_seed(parent->seed, i),
        .nodes = nodes,
        .root = parent->root,
        .home = parent->home,
        .forker = parent };
    steal_fork(&child->job);
}

static uint64_t
join_child(struct node *child)
{
    bool ours = steal_join_job(&child->job);

    require(load_acquire(&child->runs) == !ours);
    if (ours)
        run_node(&child->job);
    require(load_acquire(&child->runs) == 1);
    return child->sum;
}

/* All, then all back. */
static uint64_t
all_at_once(struct node *self, const struct shape *shape)
{
    struct node child[CHILDREN];
    uint64_t sum = 0;

    for (unsigned i = 0; i < shape->children; i++)
        fork_child(&child[i], self, i, shape->nodes);
    for (unsigned i = shape->children; i--;)
        sum += join_child(&child[i]);
    return sum;
}

/* The same job for one after the other. */
static uint64_t
one_by_one(struct node *self, const struct shape *shape)
{
    struct node child;
    uint64_t sum = 0;

    for (unsigned i = 0; i < shape->children; i++) {
        fork_child(&child, self, i, shape->nodes);
        sum += join_child(&child);
    }
    return sum;
}

/* One is called while the other waits, as programs mostly do. */
static uint64_t
in_pairs(struct node *self, const struct shape *shape)
{
    struct node child[2];
    uint64_t sum = 0;

    for (unsigned i = 0; i < shape->children; i += 2) {
        fork_child(&child[0], self, i, shape->nodes);
        if (i + 1 < shape->children) {
            fork_child(&child[1], self, i + 1, shape->nodes);
            sum += join_child(&child[1]);
        }
        sum += join_child(&child[0]);
    }
    return sum;
}

/* Up and down, so that the top moves to and fro over the same jobs. */
static uint64_t
up_and_down(struct node *self, const struct shape *shape)
{
    struct node child[CHILDREN];
    unsigned forked = 0;
    unsigned waiting = 0;
    uint64_t sum = 0;

    while (forked < shape->children || waiting) {
        bool up = forked < shape->children &&
                  (!waiting || (self->seed >> forked & 1));

        if (up)
            fork_child(&child[waiting++], self, forked++, shape->nodes);
        else
            sum += join_child(&child[--waiting]);
        if (!up && waiting)
            sum += join_child(&child[--waiting]);
    }
    return sum;
}

static void
run_node(struct steal_job *job)
{
    static uint64_t (*const way[])(struct node *,
            const struct shape *) = { all_at_once, one_by_one, in_pairs,
        up_and_down };
    struct node *self = (struct node *)job;
    uint64_t outer_root = root_here;
    unsigned outer_home = home_here;
    const struct node *outer = node_here;
    struct shape shape;
    struct rng rng;

    require(!root_here || root_here == self->root);
    root_here = self->root;
    home_here = self->home;
    node_here = self;
    if (outer != self->forker)
        add_relaxed(&orchard.taken, 1); /* read at the end only, as nodes */
    rng_init(&rng, self->seed);
    shape = shape_of(&rng, self->nodes);
    do_something(&rng);
    self->sum = shape.value + way[shape.way](self, &shape);
    add_relaxed(&orchard.nodes, 1);
    require(root_here == self->root && node_here == self);
    root_here = outer_root;
    home_here = outer_home;
    node_here = outer;
    require(add_acq_rel(&self->runs, 1) == 0);
}

/*
 * Trees
 */

/* A number for each, but for those inside of another. */
static uint64_t
new_root(void)
{
    static _Atomic(uint64_t) roots;

    return root_here ? root_here : add_relaxed(&roots, 1) + 1;
}

void
tree_grow(uint64_t seed, uint32_t nodes)
{
    struct node node = { .seed = seed,
        .nodes = nodes,
        .root = new_root(),
        .home = home_here,
        .forker = node_here };

    add_relaxed(&orchard.trees, 1); /* read at the end only */
    run_node(&node.job);
    require(node.sum == expected_sum(seed, nodes));
}

int
tree_compute(void *arg)
{
    struct tree_plan *plan = arg;

    tree_grow(plan->seed, plan->nodes);
    return (int)(plan->seed & 0xffff);
}

void
tree_run(struct steal_job *job)
{
    (void)tree_compute(job);
}

struct tree_plan
tree_plan(struct rng *rng)
{
    uint32_t size = UINT32_C(1) << rng_below(rng, 12);

    return (struct tree_plan){ STEAL_JOB(tree_run), rng_below(rng, UINT32_MAX),
        1 + rng_below(rng, size) };
}
