/* SPDX-License-Identifier: Apache-2.0
 *
 * wanted: the top-level attributes of a session that a place reads. Of a
 * session that a framework has written, only these are loaded and decoded.
 */
#ifndef SHS_SESSION_WANTED_H
#define SHS_SESSION_WANTED_H

#include <apr_pools.h>

#include "base/octets.h"

/* Zeroed: all attributes. Read only after the configuration was read, and lives
 * as long as that. */
typedef struct shs_wanted_t {
    const shs_octets_t *names; /* distinct, sorted by length, then by octets;
                                * NULL: all attributes */
    apr_size_t count;
} shs_wanted_t;

/* All attributes. */
extern const shs_wanted_t shs_wanted_everything;

/* The set of these names, in p, which they must outlive. */
shs_wanted_t shs_wanted_create(const char *const names[], apr_size_t count,
                               apr_pool_t *p);

/* Whether the attribute is wanted. */
int shs_wanted_has(const shs_wanted_t *wanted, shs_octets_t name);

int shs_wanted_is_equal(const shs_wanted_t *a, const shs_wanted_t *b);

/* A hash of the set: equal for equal sets, and 0 for all attributes. */
apr_uint64_t shs_wanted_digest(const shs_wanted_t *wanted);

#endif
