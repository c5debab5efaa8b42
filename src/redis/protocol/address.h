/* SPDX-License-Identifier: Apache-2.0
 *
 * address: a server's address as another server says it, in CLUSTER SLOTS, a
 * redirection or a Sentinel's reply. Untrusted octets: what comes out of here
 * can be dialled, compared and logged as it is.
 */
#ifndef SHS_REDIS_PROTOCOL_ADDRESS_H
#define SHS_REDIS_PROTOCOL_ADDRESS_H

#include <apr_pools.h>

#include "base/octets.h"

/* Where a server listens, as all files of redis/ name it. Whether it is a master,
 * a Sentinel or a seed of a cluster is for its holder to say. */
typedef struct shs_address_t {
    const char *host; /* name or address, without brackets; who made the struct
                       * says how long it lasts */
    int port;         /* 1 to 65535 */
} shs_address_t;

/* Longest host, RFC 1035 section 2.3.4. */
#define SHS_ADDRESS_HOST_MAX 255

/* 1 and *out with the host copied to p; 0, and *out as it was, when it cannot
 * be dialled: the port is not in 1..65535, or the host is no IPv6 address and
 * not made of letters, digits, ".", "-" and "_" with no "." or "-" at its
 * beginning. So "?", Redis' word for an unknown host, cannot; nor an address
 * with a zone ("fe80::1%eth0"), which means something else here than there.
 *
 * An empty host is that of `asked`, the server that said it, whose own name
 * comes from the configuration and is not looked at; if NULL, it is none. */
int shs_address_parse(shs_address_t *out, shs_octets_t host, apr_int64_t port,
                      const shs_address_t *sender, apr_pool_t *p);

/* The digits as a number of at most `most`, or -1: empty, another character,
 * or more than that. */
apr_int64_t shs_address_parse_number(shs_octets_t digits, apr_int64_t most);

#endif
