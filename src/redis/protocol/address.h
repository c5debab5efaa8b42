/* SPDX-License-Identifier: Apache-2.0
 *
 * address: a server's address as another server announces it, in CLUSTER SLOTS,
 * a redirection or a Sentinel's reply. The input is untrusted; the output can
 * be connected to, compared and logged as it is.
 */
#ifndef SHS_REDIS_PROTOCOL_ADDRESS_H
#define SHS_REDIS_PROTOCOL_ADDRESS_H

#include <apr_pools.h>

#include "base/octets.h"

/* Where a server listens. All files of redis/ use this type, for a master, a
 * replica, a Sentinel and a seed of a cluster. */
typedef struct shs_address_t {
    const char *host; /* name or address, without brackets; borrowed as long as
                       * the maker of the struct says */
    int port;         /* 1 to 65535 */
} shs_address_t;

/* Longest host, RFC 1035 section 2.3.4. */
#define SHS_ADDRESS_HOST_MAX 255

/* Returns 1 and *out, with the host copied to p. Returns 0, and *out is
 * unchanged, when nothing can be connected to it: the port is not in 1..65535,
 * or the host is neither an IPv6 address nor made of letters, digits, ".", "-"
 * and "_" without "." or "-" at its beginning. So "?", which Redis sends for an
 * unknown host, is refused, and so is an address with a zone ("fe80::1%eth0"),
 * whose meaning differs from machine to machine.
 *
 * An empty host means the host of `sender`, the server that announced the
 * address. That host comes from the configuration and is not checked. If
 * `sender` is NULL, an empty host is refused. */
int shs_address_parse(shs_address_t *out, shs_octets_t host, apr_int64_t port,
                      const shs_address_t *sender, apr_pool_t *p);

/* The digits as a number of at most `most`; -1 if they are empty, contain
 * another character, or are a larger number. */
apr_int64_t shs_address_parse_number(shs_octets_t digits, apr_int64_t most);

#endif
