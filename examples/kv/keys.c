/*
 * keys.c - the commands that read and write keys.
 *
 * The shards of all their keys are locked.
 */
#include <limits.h>
#include <stdio.h>

#include "run.h"

#define SYNTAX  "-ERR syntax error"
#define NO_INT  "-ERR value is not an integer or out of range"
#define NO_ROOM "-OOM out of memory"

/* Reads a number, all of the word: false if it is none, or does not fit. */
static bool
parse_integer(struct bytes word, long long *number)
{
    bool negative = word.size > 0 && word.data[0] == '-';
    size_t i = negative;
    long long n = 0;

    if (word.size == i || word.size > 20)
        return false;
    for (; i < word.size; i++) {
        int digit = word.data[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
                __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    *number = n; /* below 0, where there is room for one more */
    return negative || !__builtin_sub_overflow(0, n, number);
}

static void
get(struct session *s, struct bytes key)
{
    struct entry *entry = store_find(s->store, key, s->now);

    if (entry != NULL)
        reply_bulk(&s->out, entry_value(entry));
    else
        reply_nothing(&s->out);
}

void
run_get(struct session *s, const struct request *request)
{
    get(s, request->word[1]);
}

void
run_mget(struct session *s, const struct request *request)
{
    reply_array(&s->out, request->words - 1);
    for (size_t i = 1; i < request->words; i++)
        get(s, request->word[i]);
}

/* The options of SET. */
struct set {
    uint64_t expires;
    bool if_new;
    bool if_there;
    bool keeps;
};

static const char *
parse_time(struct session *s, struct bytes word, uint64_t unit, uint64_t *time)
{
    long long n;

    if (!parse_integer(word, &n))
        return NO_INT;
    if (n <= 0 || n > LLONG_MAX / (long long)unit)
        return "-ERR invalid expire time in 'set' command";
    *time = steal_time_add(s->now, (uint64_t)n * unit);
    return NULL;
}

/* NULL, or the error. */
static const char *
parse_set(struct session *s, struct set *set, const struct request *request)
{
    const char *error = NULL;

    for (size_t i = 3; i < request->words && error == NULL; i++) {
        bool has_next = i + 1 < request->words;

        if (is_word(request->word[i], "NX"))
            set->if_new = true;
        else if (is_word(request->word[i], "XX"))
            set->if_there = true;
        else if (is_word(request->word[i], "KEEPTTL"))
            set->keeps = true;
        else if (is_word(request->word[i], "EX") && has_next)
            error = parse_time(s, request->word[++i], STEAL_SECONDS(1),
                    &set->expires);
        else if (is_word(request->word[i], "PX") && has_next)
            error = parse_time(s, request->word[++i], STEAL_MS(1),
                    &set->expires);
        else
            error = SYNTAX;
    }
    return error;
}

void
run_set(struct session *s, const struct request *request)
{
    struct set set = { .expires = STEAL_FOREVER };
    const char *error = parse_set(s, &set, request);
    struct entry *old;

    if (error != NULL) {
        reply_text(&s->out, error);
        return;
    }
    old = request->words > 3 ? store_find(s->store, request->word[1], s->now)
                             : NULL;
    if ((set.if_new && old != NULL) || (set.if_there && old == NULL)) {
        reply_nothing(&s->out);
        return;
    }
    if (set.keeps && old != NULL)
        set.expires = old->expires;
    reply_text(&s->out,
            store_set(s->store, request->word[1], request->word[2], set.expires)
                    ? "+OK"
                    : NO_ROOM);
}

void
run_mset(struct session *s, const struct request *request)
{
    bool ok = true;

    if (request->words % 2 == 0) {
        reply_text(&s->out, "-ERR wrong number of arguments");
        return;
    }
    for (size_t i = 1; i < request->words; i += 2)
        ok &= store_set(s->store, request->word[i], request->word[i + 1],
                STEAL_FOREVER);
    reply_text(&s->out, ok ? "+OK" : NO_ROOM);
}

void
run_del(struct session *s, const struct request *request)
{
    long long count = 0;

    for (size_t i = 1; i < request->words; i++) {
        if (store_find(s->store, request->word[i], s->now) != NULL) {
            store_remove(s->store, request->word[i]);
            count++;
        }
    }
    reply_integer(&s->out, count);
}

void
run_exists(struct session *s, const struct request *request)
{
    long long count = 0;

    for (size_t i = 1; i < request->words; i++)
        count += store_find(s->store, request->word[i], s->now) != NULL;
    reply_integer(&s->out, count);
}

static void
add(struct session *s, struct bytes key, long long delta)
{
    struct entry *entry = store_find(s->store, key, s->now);
    struct bytes value = { NULL, 0 };
    long long number = 0;
    char text[24];

    if (entry != NULL && !parse_integer(entry_value(entry), &number)) {
        reply_text(&s->out, NO_INT);
        return;
    }
    if (__builtin_add_overflow(number, delta, &number)) {
        reply_text(&s->out, "-ERR increment or decrement would overflow");
        return;
    }
    value.data = text;
    value.size = (size_t)snprintf(text, sizeof text, "%lld", number);
    if (store_set(s->store, key, value,
                entry != NULL ? entry->expires : STEAL_FOREVER))
        reply_integer(&s->out, number);
    else
        reply_text(&s->out, NO_ROOM);
}

void
run_incr(struct session *s, const struct request *request)
{
    add(s, request->word[1], 1);
}

void
run_decr(struct session *s, const struct request *request)
{
    add(s, request->word[1], -1);
}

void
run_incrby(struct session *s, const struct request *request)
{
    long long delta;

    if (parse_integer(request->word[2], &delta))
        add(s, request->word[1], delta);
    else
        reply_text(&s->out, NO_INT);
}

void
run_decrby(struct session *s, const struct request *request)
{
    long long delta;

    if (parse_integer(request->word[2], &delta) && delta != LLONG_MIN)
        add(s, request->word[1], -delta);
    else
        reply_text(&s->out, NO_INT);
}

/*
 * Times
 */

static void
expire(struct session *s, const struct request *request, uint64_t unit)
{
    struct entry *entry = store_find(s->store, request->word[1], s->now);
    long long n;

    if (!parse_integer(request->word[2], &n) ||
            n > LLONG_MAX / (long long)unit) {
        reply_text(&s->out, NO_INT);
        return;
    }
    if (entry != NULL && n <= 0)
        store_remove(s->store, request->word[1]);
    else if (entry != NULL)
        entry->expires = steal_time_add(s->now, (uint64_t)n * unit);
    reply_integer(&s->out, entry != NULL);
}

void
run_expire(struct session *s, const struct request *request)
{
    expire(s, request, STEAL_SECONDS(1));
}

void
run_pexpire(struct session *s, const struct request *request)
{
    expire(s, request, STEAL_MS(1));
}

void
run_persist(struct session *s, const struct request *request)
{
    struct entry *entry = store_find(s->store, request->word[1], s->now);
    bool changes = entry != NULL && entry->expires != STEAL_FOREVER;

    if (changes)
        entry->expires = STEAL_FOREVER;
    reply_integer(&s->out, changes);
}

/* What is left to a key, rounded; -1: for ever; -2: there is no such key. */
static void
tell_time(struct session *s, struct bytes key, uint64_t unit)
{
    struct entry *entry = store_find(s->store, key, s->now);

    if (entry == NULL)
        reply_integer(&s->out, -2);
    else if (entry->expires == STEAL_FOREVER)
        reply_integer(&s->out, -1);
    else
        reply_integer(&s->out,
                (long long)((entry->expires - s->now + unit / 2) / unit));
}

void
run_ttl(struct session *s, const struct request *request)
{
    tell_time(s, request->word[1], STEAL_SECONDS(1));
}

void
run_pttl(struct session *s, const struct request *request)
{
    tell_time(s, request->word[1], STEAL_MS(1));
}
