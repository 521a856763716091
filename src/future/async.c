#include <steal/async.h>

#include "../base/assert.h"

void
steal_async_init(struct steal_async *async, const struct steal_future_ops *ops)
{
    steal_future_init(&async->future, ops);
    async->future.pin = STEAL_PIN_ASYNC;
    async->awaiting = NULL;
    async->site = NULL;
}

COLD void
steal_async_polled_again(const struct steal_async *async)
{
    steal__panic(async->site->file, async->site->line,
            "an async function was polled after it was ready");
}
