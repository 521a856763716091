/*
 * address.h - addresses without names.
 */
#ifndef STEAL_NET_ADDRESS_H
#define STEAL_NET_ADDRESS_H

#include <steal/net.h>

/* Reads a port; -EINVAL if it is no number of at most 65535. */
int steal__port_parse(unsigned *port, const char *text);

/* "127.0.0.1", "::1" or "fe80::1%eth0"; -EINVAL if it is none of these. */
int steal__address_from_host(struct steal_address *address, const char *host,
        unsigned port);

/* Any address, IPv4 or IPv6. */
void steal__address_any(struct steal_address *address, int family,
        unsigned port);

#endif
