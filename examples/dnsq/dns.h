/*
 * dns.h - the messages of DNS: writing a question, reading an answer.
 *
 * Nothing in a message from the network is believed: every length is checked, and
 * names that point in circles come to an end.
 */
#ifndef DNSQ_DNS_H
#define DNSQ_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DNS_QUERY_MAX 300
#define DNS_TEXT_MAX  1100 /* a name as text, every byte of it escaped */

/* The number of a type of record, from "A", "MX" or "TYPE65"; 0: there is none. */
uint16_t dns_type(const char *text);

/* Writes a query to `out`, which has room for DNS_QUERY_MAX bytes.  Returns its
 * size, or 0 if `name` is no name. */
size_t dns_query(uint8_t *out, uint16_t id, const char *name, uint16_t type);

/* Whether a message is an answer to this query. */
bool dns_answers(const uint8_t *message, size_t size, const uint8_t *query,
        size_t query_size);

/* Of a message that is: whether it is cut off, and there is more by TCP; and the
 * error that it tells, 0 for none, with its name. */
bool dns_truncated(const uint8_t *message);
unsigned dns_error(const uint8_t *message);
const char *dns_error_name(unsigned error);

/* Writes the records of the answer, one a line.  Returns how many there are, or
 * -EBADMSG if the message is malformed. */
int dns_print(FILE *out, const uint8_t *message, size_t size);

#endif
