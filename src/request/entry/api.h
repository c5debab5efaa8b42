/* SPDX-License-Identifier: Apache-2.0
 *
 * api: the optional functions of mod_shared_session.h.
 */
#ifndef SHS_REQUEST_ENTRY_API_H
#define SHS_REQUEST_ENTRY_API_H

/* Registers them; once, at start. */
void shs_api_register(void);

#endif
