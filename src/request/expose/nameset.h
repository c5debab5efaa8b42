/* SPDX-License-Identifier: Apache-2.0
 *
 * nameset: a set of names of one target type, compared as that type compares.
 * With it a session of a thousand attributes costs a thousand steps: a table is
 * searched from its start for each name, a set is not.
 */
#ifndef SHS_REQUEST_EXPOSE_NAMESET_H
#define SHS_REQUEST_EXPOSE_NAMESET_H

#include <apr_pools.h>

#include "request/expose/target_type.h"

typedef struct shs_nameset_t shs_nameset_t;

/* An empty set, from p. */
shs_nameset_t *shs_nameset_create(const shs_target_type_t *type, apr_pool_t *p);

/* Adds the name, which must live as long as the set. Returns 0 if the set has
 * it already. */
int shs_nameset_add(shs_nameset_t *set, const char *name);

/* Whether the set has the name. */
int shs_nameset_has(const shs_nameset_t *set, const char *name);

#endif
