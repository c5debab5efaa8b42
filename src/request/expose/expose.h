/* SPDX-License-Identifier: Apache-2.0
 *
 * expose: a lookup's result as notes, variables and headers of one request, by
 * that request's own settings; and the taking back of what an outer request's
 * settings exposed, before the inner one's own are applied. The cost of both
 * grows with the number of attributes, not with its square.
 */
#ifndef SHS_REQUEST_EXPOSE_EXPOSE_H
#define SHS_REQUEST_EXPOSE_EXPOSE_H

#include <httpd.h>

#include "config/settings.h"
#include "request/lookup/lookup.h"

/* The note and the variable that always tell the outcome. */
#define SHS_EXPOSE_STATUS "SHARED_SESSION"

/* Sets the notes, variables and headers that the settings ask for. */
void shs_expose_apply(request_rec *r, const shs_settings_t *settings,
                      const shs_lookup_t *lookup);

/* Removes from r whatever apply() with these arguments set, there or in the
 * request that r came from: also under the REDIRECT_ names that an internal
 * redirect gives to variables, and the HTTP_ variables that others made of our
 * headers. */
void shs_expose_withdraw(request_rec *r, const shs_settings_t *settings,
                         const shs_lookup_t *lookup);

#endif
