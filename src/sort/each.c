#include "each.h"

#include "../fork/lane.h"

struct rest {
    struct steal_job job;
    size_t begin, end;
    void (*fn)(size_t i, void *data);
    void *data;
};

static void
run_rest(struct steal_job *job)
{
    struct rest *rest = (struct rest *)job;

    steal__sort_each(rest->begin, rest->end, rest->fn, rest->data);
}

void
steal__sort_each(size_t begin, size_t end, void (*fn)(size_t i, void *data),
        void *data)
{
    size_t middle = begin + (end - begin) / 2;
    struct rest rest = { STEAL_JOB(run_rest), middle, end, fn, data };

    if (end - begin > 1) {
        steal_fork(&rest.job);
        steal__sort_each(begin, middle, fn, data);
        steal_join_and_run(&rest.job);
    } else if (begin < end) {
        steal_share(); /* the call is going to take a while */
        fn(begin, data);
    }
}

int
steal__sort_run(struct steal_job *job, const struct steal_loop_options *options)
{
    struct steal_runtime *runtime = options ? options->runtime : NULL;

    if (runtime && !steal__lane_is_shared())
        return steal_run_job(runtime, job);
    job->run(job);
    return 0;
}
