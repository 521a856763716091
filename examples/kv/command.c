/*
 * command.c - the table of the commands, and running one.
 *
 * The table tells where the keys of a command are, so that their shards are
 * locked before it runs, all at once.
 */
#include "command.h"

#include <string.h>
#include <strings.h>

#include "run.h"

#define ANY SIZE_MAX

struct command {
    const char *name;
    run_fn *run;
    size_t least; /* words, with the name */
    size_t most;
    size_t first_key; /* 0: there is none */
    size_t last_key;
    size_t step;      /* from one key to the next */
    bool subscribers; /* may use it, too */
};

/* The most frequent ones are found first. */
static const struct command commands[] = {
    { "GET", run_get, 2, 2, 1, 1, 1, false },
    { "SET", run_set, 3, ANY, 1, 1, 1, false },
    { "INCR", run_incr, 2, 2, 1, 1, 1, false },
    { "MGET", run_mget, 2, ANY, 1, ANY, 1, false },
    { "MSET", run_mset, 3, ANY, 1, ANY, 2, false },
    { "DEL", run_del, 2, ANY, 1, ANY, 1, false },
    { "EXISTS", run_exists, 2, ANY, 1, ANY, 1, false },
    { "DECR", run_decr, 2, 2, 1, 1, 1, false },
    { "INCRBY", run_incrby, 3, 3, 1, 1, 1, false },
    { "DECRBY", run_decrby, 3, 3, 1, 1, 1, false },
    { "EXPIRE", run_expire, 3, 3, 1, 1, 1, false },
    { "PEXPIRE", run_pexpire, 3, 3, 1, 1, 1, false },
    { "PERSIST", run_persist, 2, 2, 1, 1, 1, false },
    { "TTL", run_ttl, 2, 2, 1, 1, 1, false },
    { "PTTL", run_pttl, 2, 2, 1, 1, 1, false },
    { "PUBLISH", run_publish, 3, 3, 0, 0, 1, false },
    { "SUBSCRIBE", run_subscribe, 2, ANY, 0, 0, 1, true },
    { "UNSUBSCRIBE", run_unsubscribe, 1, ANY, 0, 0, 1, true },
    { "PING", run_ping, 1, 2, 0, 0, 1, true },
    { "ECHO", run_echo, 2, 2, 0, 0, 1, false },
    { "HELLO", run_hello, 1, ANY, 0, 0, 1, false },
    { "CLIENT", run_client, 2, ANY, 0, 0, 1, false },
    { "SELECT", run_select, 2, 2, 0, 0, 1, false },
    { "CONFIG", run_config, 2, ANY, 0, 0, 1, false },
    { "COMMAND", run_command, 1, ANY, 0, 0, 1, false },
    { "DBSIZE", run_dbsize, 1, 1, 0, 0, 1, false },
    { "FLUSHALL", run_flushall, 1, 2, 0, 0, 1, false },
    { "QUIT", run_quit, 1, 1, 0, 0, 1, true },
};

bool
is_word(struct bytes word, const char *text)
{
    return word.size == strlen(text) &&
           strncasecmp(word.data, text, word.size) == 0;
}

static const struct command *
find(struct bytes name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (is_word(name, commands[i].name))
            return &commands[i];
    }
    return NULL;
}

/* NULL if it may run, else the reply. */
static const char *
refusal(const struct command *command, const struct session *session,
        size_t words)
{
    if (command == NULL)
        return "-ERR unknown command";
    if (words < command->least || words > command->most)
        return "-ERR wrong number of arguments";
    if (session->subscriber.count > 0 && !command->subscribers)
        return "-ERR not allowed while subscribed to a channel";
    return NULL;
}

static uint64_t
shards_of(const struct command *command, const struct store *store,
        const struct request *request)
{
    uint64_t shards = 0;

    if (command->first_key == 0)
        return 0;
    for (size_t i = command->first_key;
            i <= command->last_key && i < request->words; i += command->step)
        shards |= store_shard(store, request->word[i]);
    return shards;
}

void
command_run(struct session *session, const struct request *request)
{
    const struct command *command = find(request->word[0]);
    const char *error = refusal(command, session, request->words);
    uint64_t shards;

    if (error != NULL) {
        reply_text(&session->out, error);
        return;
    }
    shards = shards_of(command, session->store, request);
    store_lock(session->store, shards);
    command->run(session, request);
    store_unlock(session->store, shards);
}
