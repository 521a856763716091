/*
 * run.h - one function a command.
 */
#ifndef KV_RUN_H
#define KV_RUN_H

#include "command.h"

/* The request has as many words as the table allows; word[0] is the command. */
typedef void run_fn(struct session *session, const struct request *request);

/* Whether a word is this one, in upper or lower case. */
bool is_word(struct bytes word, const char *text);

/* keys.c */
run_fn run_get;
run_fn run_mget;
run_fn run_set;
run_fn run_mset;
run_fn run_del;
run_fn run_exists;
run_fn run_incr;
run_fn run_decr;
run_fn run_incrby;
run_fn run_decrby;
run_fn run_expire;
run_fn run_pexpire;
run_fn run_persist;
run_fn run_ttl;
run_fn run_pttl;

/* talk.c */
run_fn run_ping;
run_fn run_echo;
run_fn run_hello;
run_fn run_client;
run_fn run_select;
run_fn run_config;
run_fn run_command;
run_fn run_dbsize;
run_fn run_flushall;
run_fn run_quit;
run_fn run_publish;
run_fn run_subscribe;
run_fn run_unsubscribe;

#endif
