/* SPDX-License-Identifier: Apache-2.0
 *
 * expose: sets a lookup's result as notes, variables and headers of one
 * request, by that request's own settings; and withdraws what an outer
 * request's settings exposed, before the inner request's own are applied. The
 * cost of both is linear in the number of attributes.
 */
#ifndef SHS_REQUEST_EXPOSE_EXPOSE_H
#define SHS_REQUEST_EXPOSE_EXPOSE_H

#include <httpd.h>

#include "config/settings.h"
#include "request/lookup/lookup.h"

/* The note and the variable that always hold the outcome. */
#define SHS_EXPOSE_STATUS "SHARED_SESSION"

/* Sets the notes, variables and headers that the settings ask for. */
void shs_expose_apply(request_rec *r, const shs_settings_t *settings,
                      const shs_lookup_t *lookup);

/* Removes from r everything that apply() with these arguments set, in r or in
 * the request that created r. This includes the REDIRECT_ names that an
 * internal redirect gives to variables, and the HTTP_ variables that other
 * modules made from the headers. */
void shs_expose_withdraw(request_rec *r, const shs_settings_t *settings,
                         const shs_lookup_t *lookup);

#endif
