/*
 * talk.c - the commands about channels, the connection and the server.
 */
#include <string.h>

#include "run.h"

static struct bytes
bytes_of(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

/*
 * Channels
 */

void
run_publish(struct session *s, const struct request *request)
{
    reply_integer(&s->out,
            (long long)hub_publish(s->hub, request->word[1], request->word[2]));
}

void
run_subscribe(struct session *s, const struct request *request)
{
    for (size_t i = 1; i < request->words; i++) {
        s->subscribed = true;
        if (!hub_subscribe(s->hub, &s->subscriber, request->word[i]))
            s->quits = true;
        reply_array(&s->out, 3);
        reply_bulk(&s->out, bytes_of("subscribe"));
        reply_bulk(&s->out, request->word[i]);
        reply_integer(&s->out, (long long)s->subscriber.count);
    }
}

/* The name is written before the channel goes, which may be where it lies. */
static void
unsubscribe(struct session *s, struct bytes channel)
{
    reply_array(&s->out, 3);
    reply_bulk(&s->out, bytes_of("unsubscribe"));
    reply_bulk(&s->out, channel);
    hub_unsubscribe(s->hub, &s->subscriber, channel);
    reply_integer(&s->out, (long long)s->subscriber.count);
}

void
run_unsubscribe(struct session *s, const struct request *request)
{
    for (size_t i = 1; i < request->words; i++)
        unsubscribe(s, request->word[i]);
    if (request->words > 1)
        return;
    if (s->subscriber.count == 0) {
        reply_array(&s->out, 3);
        reply_bulk(&s->out, bytes_of("unsubscribe"));
        reply_nothing(&s->out);
        reply_integer(&s->out, 0);
    }
    while (s->subscriber.count > 0)
        unsubscribe(s, subscriber_channel(&s->subscriber));
}

/*
 * The connection
 */

void
run_ping(struct session *s, const struct request *request)
{
    if (s->subscriber.count > 0) {
        reply_array(&s->out, 2);
        reply_bulk(&s->out, bytes_of("pong"));
        reply_bulk(&s->out,
                request->words > 1 ? request->word[1] : bytes_of(""));
    } else if (request->words > 1) {
        reply_bulk(&s->out, request->word[1]);
    } else {
        reply_text(&s->out, "+PONG");
    }
}

void
run_echo(struct session *s, const struct request *request)
{
    reply_bulk(&s->out, request->word[1]);
}

/* There is one version of the protocol here: clients go back to it. */
void
run_hello(struct session *s, const struct request *request)
{
    (void)request;
    reply_text(&s->out, "-NOPROTO unsupported protocol version");
}

/* CLIENT SETNAME and the like: nobody asks for it later. */
void
run_client(struct session *s, const struct request *request)
{
    (void)request;
    reply_text(&s->out, "+OK");
}

void
run_select(struct session *s, const struct request *request)
{
    reply_text(&s->out, is_word(request->word[1], "0")
                                ? "+OK"
                                : "-ERR DB index is out of range");
}

void
run_quit(struct session *s, const struct request *request)
{
    (void)request;
    s->quits = true;
    reply_text(&s->out, "+OK");
}

/*
 * The server
 */

/* CONFIG GET: all settings are empty. */
void
run_config(struct session *s, const struct request *request)
{
    if (!is_word(request->word[1], "GET") || request->words != 3) {
        reply_text(&s->out, "-ERR there is nothing to configure");
        return;
    }
    reply_array(&s->out, 2);
    reply_bulk(&s->out, request->word[2]);
    reply_bulk(&s->out, bytes_of(""));
}

/* COMMAND DOCS: redis-cli does without. */
void
run_command(struct session *s, const struct request *request)
{
    (void)request;
    reply_array(&s->out, 0);
}

void
run_dbsize(struct session *s, const struct request *request)
{
    (void)request;
    reply_integer(&s->out, (long long)store_count(s->store));
}

void
run_flushall(struct session *s, const struct request *request)
{
    (void)request;
    store_clear(s->store);
    reply_text(&s->out, "+OK");
}
