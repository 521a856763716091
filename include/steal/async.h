/*
 * steal/async.h - async functions: a poll function that reads like a program.
 *
 *     struct ticker {
 *         struct steal_async async;
 *         struct steal_sleep nap;
 *         int i;
 *     };
 *
 *     static enum steal_poll
 *     ticker_poll(struct steal_future *future, struct steal_context *cx)
 *     {
 *         struct ticker *self = (struct ticker *)future;
 *
 *         STEAL_BEGIN(&self->async);
 *         for (self->i = 0; self->i < 3; self->i++) {
 *             STEAL_AWAIT(cx, steal_sleep(&self->nap, STEAL_MS(100)));
 *             printf("tick %d\n", self->i);
 *         }
 *         STEAL_END();
 *     }
 *
 * Locals that live across an await are fields.  An await remembers the future
 * that it waits for and its place in the source, so that a suspended program is
 * a chain of futures: each with its name and the line where it stands.  When
 * the outer future is dropped, the one that it awaits is dropped first.
 *
 * With gcc and clang the macros use computed goto, and a switch may surround an
 * await.  Elsewhere, or with STEAL_NO_COMPUTED_GOTO defined, they are a switch
 * themselves, and it may not.  One await a line, please.
 */
#ifndef STEAL_ASYNC_H
#define STEAL_ASYNC_H

#include <steal/future.h>
#include <steal/waker.h>

STEAL_BEGIN_DECLS

/* A place where an async function waits. */
struct steal_site {
    const char *file;
    int line;
    int resume; /* private: where its code goes on */
};

struct steal_async {
    struct steal_future future;
    /* private */
    struct steal_future *awaiting; /* NULL between awaits */
    const struct steal_site *site; /* NULL before the first poll */
};

/* Initializer: struct ticker t = { .async = STEAL_ASYNC(&ticker_ops) }; */
/* clang-format off */
#define STEAL_ASYNC(ops) { { (ops), 0, STEAL_PIN_ASYNC }, NULL, NULL }
/* clang-format on */

STEAL_API void steal_async_init(struct steal_async *async,
        const struct steal_future_ops *ops);

/* private: aborts, naming the future that was polled after STEAL_READY. */
STEAL_API void steal_async_polled_again(const struct steal_async *async);

/* private: drops the awaited future that has become ready. */
static inline void
steal_async_awaited(struct steal_async *async)
{
    struct steal_future *child = async->awaiting;

    async->awaiting = NULL;
    if (child->pin != STEAL_PIN_DROPPED) /* it may have done so itself */
        steal_future_drop(child);
}

#define STEAL_JOIN_TOKENS_(a, b) a##b
#define STEAL_JOIN_TOKENS(a, b)  STEAL_JOIN_TOKENS_(a, b)
#define STEAL_LABEL_             STEAL_JOIN_TOKENS(steal_line_, __LINE__)

/* clang-format off */

#if defined(__GNUC__) && !defined(STEAL_NO_COMPUTED_GOTO)

/* private: the site is static and knows the address of a label, which also
 * keeps the compiler from cloning the function: each label exists once. */
# define STEAL_SITE_(label)                                                   \
    { __FILE__, __LINE__,                                                     \
      (int)(__extension__((char *)&&label - (char *)&&steal_begin_)) }
# define STEAL_OPEN_(async)                                                   \
    if ((async)->site)                                                        \
        __extension__({                                                       \
            goto *(void *)((char *)&&steal_begin_ + (async)->site->resume);   \
        });                                                                   \
    steal_begin_:;
# define STEAL_CLOSE_
# define STEAL_CASE_(label) label:

#else

# define STEAL_SITE_(label) { __FILE__, __LINE__, __LINE__ }
# define STEAL_OPEN_(async)                                                   \
    switch ((async)->site ? (async)->site->resume : 0) {                      \
    case 0:;
# define STEAL_CLOSE_       }
# define STEAL_CASE_(label) case __LINE__:

#endif

/* private: a handler of signals in this thread may follow the chain. */
#if defined(__GNUC__)
# define STEAL_MADE_BEFORE_() __atomic_signal_fence(__ATOMIC_RELEASE)
#else
# define STEAL_MADE_BEFORE_() ((void)0)
#endif

/* Opens the body; `async` is the struct steal_async of this future. */
#define STEAL_BEGIN(async)                                                    \
    struct steal_async *const steal_async_ = (async);                         \
    STEAL_OPEN_(steal_async_)

/*
 * Polls the future that `expression` names until it is ready, then drops it;
 * its output may be read after that.  The expression is evaluated once.
 */
#define STEAL_AWAIT(cx, expression)                                           \
    do {                                                                      \
        static const struct steal_site steal_site_ =                          \
                STEAL_SITE_(STEAL_LABEL_);                                    \
        struct steal_future *const steal_awaited_ = (expression);             \
        STEAL_MADE_BEFORE_();                                                 \
        steal_async_->awaiting = steal_awaited_;                              \
        steal_async_->site = &steal_site_;                                    \
        STEAL_CASE_(STEAL_LABEL_);                                            \
        if (steal_future_poll(steal_async_->awaiting, (cx)) ==                \
                STEAL_PENDING)                                                \
            return STEAL_PENDING;                                             \
        steal_async_awaited(steal_async_);                                    \
    } while (0)

/* Lets the others run: goes on at the task's next turn. */
#define STEAL_YIELD(cx)                                                       \
    do {                                                                      \
        static const struct steal_site steal_site_ =                          \
                STEAL_SITE_(STEAL_LABEL_);                                    \
        steal_async_->site = &steal_site_;                                    \
        steal_context_wake(cx);                                               \
        return STEAL_PENDING;                                                 \
        STEAL_CASE_(STEAL_LABEL_);                                            \
    } while (0)

/* Ends the function with this result. */
#define STEAL_RETURN(value)                                                   \
    do {                                                                      \
        steal_async_->future.result = (value);                                \
        goto steal_return_;                                                   \
    } while (0)

/* Closes the body and ends the function; the result is 0 if none was set. */
#define STEAL_END()                                                           \
    goto steal_return_;                                                       \
    steal_return_: {                                                          \
        static const struct steal_site steal_site_ = STEAL_SITE_(steal_over_);\
        steal_async_->site = &steal_site_;                                    \
        return STEAL_READY;                                                   \
        STEAL_CASE_(steal_over_);                                             \
        steal_async_polled_again(steal_async_);                               \
    }                                                                         \
    STEAL_CLOSE_                                                              \
    return STEAL_READY

/* clang-format on */

STEAL_END_DECLS

#endif
