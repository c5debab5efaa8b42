/* SPDX-License-Identifier: Apache-2.0
 *
 * nameset: names of one channel, equal as the channel says. What makes a
 * session of a thousand attributes cost a thousand steps: a table is searched
 * from its start for each name, a set is not.
 */
#ifndef SHS_REQUEST_EXPOSE_NAMESET_H
#define SHS_REQUEST_EXPOSE_NAMESET_H

#include <apr_pools.h>

#include "request/expose/target_type.h"

typedef struct shs_nameset_t shs_nameset_t;

/* An empty set, from p. */
shs_nameset_t *shs_nameset_create(const shs_target_type_t *type, apr_pool_t *p);

/* Puts the name in, which has to live as long as the set. Returns 0 when it was
 * in already. */
int shs_nameset_add(shs_nameset_t *set, const char *name);

/* Whether the name is in. */
int shs_nameset_has(const shs_nameset_t *set, const char *name);

#endif
