/* SPDX-License-Identifier: Apache-2.0
 *
 * status: the stores' state and counters on mod_status' page, if that module is
 * loaded: as a table, and with ?auto as "Name: value" lines.
 */
#ifndef SHS_REQUEST_STATUS_H
#define SHS_REQUEST_STATUS_H

#include <apr_tables.h>
#include <httpd.h>

/* Registers with mod_status, if it is loaded. */
void shs_status_register(apr_pool_t *p);

/* mod_status' hook: writes the module's part of the page. */
int shs_status_on_page(request_rec *r, int flags);

#endif
