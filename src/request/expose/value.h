/* SPDX-License-Identifier: Apache-2.0
 *
 * value: what an ATTRIBUTE of a directive (session/json/path.h) is in a
 * request: an attribute of its session, or a fact about the lookup. It knows
 * neither rules nor targets.
 */
#ifndef SHS_REQUEST_EXPOSE_VALUE_H
#define SHS_REQUEST_EXPOSE_VALUE_H

#include <apr_pools.h>

#include "base/octets.h"
#include "request/lookup/lookup.h"
#include "session/json/path.h"

/* The present value. Returns 0 if it has none, and for SHS_PATH_EVERY. *out is
 * borrowed from the lookup, or from p. `inside` caches the parsed structures of
 * the lookup's session between calls. */
int shs_value_find(shs_octets_t *out, const shs_path_t *path,
                   const shs_lookup_t *lookup, shs_path_inside_t *inside,
                   apr_pool_t *p);

#endif
