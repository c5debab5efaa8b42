/* SPDX-License-Identifier: Apache-2.0
 *
 * client_request: one client request and all that it becomes. Subrequests (SSI,
 * DirectoryIndex) and internal redirects (ErrorDocument, mod_rewrite) share one
 * chain, which remembers each lookup; every request_rec of it is a visit, which
 * gets its own directory's exposure.
 */
#ifndef SHS_REQUEST_CLIENT_REQUEST_H
#define SHS_REQUEST_CLIENT_REQUEST_H

#include <httpd.h>

#include "config/settings.h"
#include "request/lookup/lookup.h"

/* A lookup and the settings that led to it. */
typedef struct shs_memo_t shs_memo_t;
struct shs_memo_t {
    const shs_settings_t *settings;
    const shs_store_t *store;
    const shs_lookup_t *lookup;
    int is_outdated; /* the session was written to: it is looked up anew ... */
    shs_session_id_t sid; /* ... by this id, when somebody asks */
    shs_memo_t *next;
};

/* One client request, whatever it became. Lives in its first request's pool. */
typedef struct shs_client_request_t {
    request_rec *first;
    shs_memo_t *memos;
    const shs_store_t *failed; /* did not answer (rule 3) */
    int is_marked;             /* some visit exposed: the response varies ... */
    int is_private;            /* ... and an id was offered */
    int is_refused; /* the client gets an error instead of a response, because
                     * an order of it was not carried out */
    apr_array_header_t *cookies; /* of const char *: the Set-Cookies of ours,
                                  * one a name; NULL: none */
} shs_client_request_t;

/* One request_rec. Lives in its pool. */
typedef struct shs_request_context_t {
    shs_client_request_t *client_request;
    const ap_conf_vector_t *config; /* what it was applied for; NULL: not yet */
    const shs_settings_t *settings; /* exposed by these; NULL: nothing is */
    const shs_lookup_t *lookup;
    int status; /* OK, or the status that ends the request */
} shs_request_context_t;

/* The visit of a request, or NULL; and that of the nearest request that it was
 * made from which has one, or NULL. */
shs_request_context_t *shs_client_request_context_of(const request_rec *r);
const shs_request_context_t *shs_client_request_find_outer_context(
    const request_rec *r);

/* Makes the visit, and with the first one the chain. */
shs_request_context_t *shs_client_request_create_context(request_rec *r);

/* The request whose response r's output becomes: r itself, or the page that
 * includes it. */
request_rec *shs_client_request_page_of(request_rec *r);

/* The chain's lookup for these settings, made if it has not been yet; a session
 * that is found is kept alive. */
const shs_lookup_t *shs_client_request_load_session(
    shs_client_request_t *client_request, request_rec *r,
    const shs_settings_t *settings);

/* The memo of that lookup, or NULL. */
shs_memo_t *shs_client_request_find_memo(
    const shs_client_request_t *client_request, const shs_store_t *store,
    const shs_settings_t *settings);

#endif
