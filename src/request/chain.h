/* SPDX-License-Identifier: Apache-2.0
 *
 * chain: one client request and all that it becomes. Subrequests (SSI,
 * DirectoryIndex) and internal redirects (ErrorDocument, mod_rewrite) share one
 * chain, which remembers each lookup; every request_rec of it is a visit, which
 * gets its own directory's exposure.
 */
#ifndef SHS_REQUEST_CHAIN_H
#define SHS_REQUEST_CHAIN_H

#include <httpd.h>

#include "config/settings.h"
#include "request/lookup.h"

/* A lookup and the settings that led to it. */
typedef struct shs_memo_t shs_memo_t;
struct shs_memo_t {
    const shs_settings_t *settings;
    const shs_store_t *store;
    const shs_lookup_t *lookup;
    int is_outdated; /* the session was written to: it is looked up anew ... */
    shs_ident_t ident; /* ... by this id, when somebody asks */
    shs_memo_t *next;
};

/* One client request, whatever it became. Lives in its first request's pool. */
typedef struct shs_chain_t {
    request_rec *first;
    shs_memo_t *memos;
    const shs_store_t *failed; /* did not answer (rule 3) */
    int is_marked;             /* some visit exposed: the response varies ... */
    int is_private;            /* ... and an id was offered */
    int is_refused; /* the client gets an error instead of a response, because
                     * an order of it was not carried out */
    int has_left;   /* headers of a response have left, so no cookie does */
    apr_array_header_t *cookies; /* of const char *: the Set-Cookies of ours,
                                  * one a name; NULL: none */
} shs_chain_t;

/* One request_rec. Lives in its pool. */
typedef struct shs_visit_t {
    shs_chain_t *chain;
    const ap_conf_vector_t *config; /* what it was applied for; NULL: not yet */
    const shs_settings_t *settings; /* exposed by these; NULL: nothing is */
    const shs_lookup_t *lookup;
    int status; /* OK, or the status that ends the request */
} shs_visit_t;

/* The visit of a request, or NULL; and that of the nearest request that it was
 * made from which has one, or NULL. */
shs_visit_t *shs_chain_visit_of(const request_rec *r);
const shs_visit_t *shs_chain_outer_visit_of(const request_rec *r);

/* The chain of a request, or NULL: neither it nor one that it was made from has
 * a visit. */
shs_chain_t *shs_chain_of(const request_rec *r);

/* Makes the visit, and with the first one the chain. */
shs_visit_t *shs_chain_create_visit(request_rec *r);

/* The request whose response r's output becomes: r itself, or the page that
 * includes it. */
request_rec *shs_chain_page_of(request_rec *r);

/* The chain's lookup for these settings, made if it has not been yet; a session
 * that is found is kept alive. */
const shs_lookup_t *shs_chain_look_up(shs_chain_t *chain, request_rec *r,
                                      const shs_settings_t *settings);

/* The memo of that lookup, or NULL. */
shs_memo_t *shs_chain_find_memo(const shs_chain_t *chain,
                                const shs_store_t *store,
                                const shs_settings_t *settings);

#endif
