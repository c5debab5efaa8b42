/* SPDX-License-Identifier: Apache-2.0
 *
 * urlencoded: urlencoded text, "userId=alice&userNm=Alice+Kim"
 * (application/x-www-form-urlencoded, WHATWG URL standard section 5), read and
 * written. Any octet may be in a name or value.
 */
#ifndef SHS_SESSION_URLENCODED_H
#define SHS_SESSION_URLENCODED_H

#include <apr_pools.h>

#include "session/record.h"

/* Called with each pair, in order; name and value are decoded, in the pool
 * given to read. Returns NULL, or an error that ends the reading. */
typedef const char *(*shs_urlencoded_fn)(void *baton, shs_octets_t name,
                                         shs_octets_t value);

/* Reads all pairs. Empty ones ("&&") are passed over. Returns NULL, or what is
 * wrong (static, or what `take` returned). */
const char *shs_urlencoded_decode(shs_octets_t text, shs_urlencoded_fn take,
                                  void *baton, apr_pool_t *p);

/* The pairs as text, from p; one whose value has no data is left out. */
shs_octets_t shs_urlencoded_encode(const shs_record_field_t *pairs,
                                   apr_size_t count, apr_pool_t *p);

#endif
