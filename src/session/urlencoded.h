/* SPDX-License-Identifier: Apache-2.0
 *
 * urlencoded: urlencoded text, "userId=alice&userNm=Alice+Kim"
 * (application/x-www-form-urlencoded, WHATWG URL standard section 5). A name or
 * value may contain any octet.
 */
#ifndef SHS_SESSION_URLENCODED_H
#define SHS_SESSION_URLENCODED_H

#include <apr_pools.h>

#include "../mod_shared_session_provider.h"

/* Called with each pair, in order; name and value are decoded, in the pool
 * given to shs_urlencoded_decode(). Returns NULL, or an error that ends
 * decoding. */
typedef const char *(*shs_urlencoded_fn)(void *baton, shs_octets_t name,
                                         shs_octets_t value);

/* Decodes all pairs. Empty pairs ("&&") are ignored. Returns NULL, or what is
 * wrong (static, or what `take` returned). */
const char *shs_urlencoded_decode(shs_octets_t text, shs_urlencoded_fn take,
                                  void *baton, apr_pool_t *p);

/* The pairs as text, from p, except pairs whose value has no data. */
shs_octets_t shs_urlencoded_encode(const shs_record_field_t *pairs,
                                   apr_size_t count, apr_pool_t *p);

#endif
