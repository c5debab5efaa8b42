/* SPDX-License-Identifier: Apache-2.0
 *
 * provider: finds the store provider of a URL among those that modules have
 * registered with httpd (mod_shared_session_provider.h). Modules register when
 * they are loaded, and httpd loads all modules before it reads the first
 * SharedSessionStore: so their order does not matter.
 */
#ifndef SHS_CONFIG_PROVIDER_H
#define SHS_CONFIG_PROVIDER_H

#include "../mod_shared_session_provider.h"

/* Finds the provider of the URL's scheme. Returns NULL and sets *out, or
 * returns what is wrong, which providers there are, and nothing of the URL that
 * could be a credential. */
const char *shs_provider_find(const shs_provider_t **out, const char *url,
                              apr_pool_t *p);

#endif
