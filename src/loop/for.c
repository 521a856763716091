#include "loop.h"

struct for_loop {
    struct loop loop;
    int (*body)(size_t begin, size_t end, void *data);
    void *data;
};

static struct for_loop *
for_of(struct loop *loop)
{
    return container_of(loop, struct for_loop, loop);
}

static int
call(size_t begin, size_t end, void *context)
{
    struct for_loop *self = context;

    return self->body(begin, end, self->data);
}

static int
run_piece(struct part *part, size_t begin, size_t end)
{
    return call(begin, end, for_of(part->loop));
}

static void
run_part(struct loop *loop, struct part *of, const struct cut *range)
{
    struct part part;

    (void)of;
    steal__part_init(&part, loop, range, HELPERS_MOST);
    steal__part_run(&part);
}

static const struct loop_kind for_kind = { run_part, run_piece };

int
steal_for(size_t begin, size_t end,
        int (*body)(size_t begin, size_t end, void *data), void *data,
        const struct steal_loop_options *options)
{
    struct for_loop self;
    struct small small;
    int error;

    self.body = body;
    self.data = data;
    if (loop_is_small(&small, (pace_key)body, begin, end, options)) {
        if (small_run(&small, call, &self, &error))
            return error;
        begin = small.begin;
    }
    steal__loop_init(&self.loop, &for_kind, (pace_key)body, begin, end,
            options);
    return steal__loop_run(&self.loop);
}
