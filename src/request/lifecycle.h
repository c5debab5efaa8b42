/* SPDX-License-Identifier: Apache-2.0
 *
 * lifecycle: start, checks and children. Nothing connects before a request
 * needs it, so the server starts even if Redis is down.
 */
#ifndef SHS_REQUEST_LIFECYCLE_H
#define SHS_REQUEST_LIFECYCLE_H

#include <apr_tables.h>
#include <httpd.h>

/* The stores (shs_store_t *) of the current configuration; NULL before it was
 * read. */
const apr_array_header_t *shs_lifecycle_stores(void);

/* Registers the Redis store as providers of other modules register: before
 * httpd reads a SharedSessionStore. */
void shs_lifecycle_register(apr_pool_t *p);

/* Hooks; signatures as http_config.h declares them. */
int shs_lifecycle_on_check_config(apr_pool_t *pconf, apr_pool_t *plog,
                                  apr_pool_t *ptemp, server_rec *s);
int shs_lifecycle_on_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                                 apr_pool_t *ptemp, server_rec *s);
void shs_lifecycle_on_child_init(apr_pool_t *pchild, server_rec *s);

#endif
