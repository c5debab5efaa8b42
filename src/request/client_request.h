/* SPDX-License-Identifier: Apache-2.0
 *
 * client_request: one client request and all its request_recs. Subrequests
 * (SSI, DirectoryIndex) and internal redirects (ErrorDocument, mod_rewrite)
 * share one client request, which remembers each lookup. Each request_rec has
 * its own request context, which gets its own directory's exposure.
 */
#ifndef SHS_REQUEST_CLIENT_REQUEST_H
#define SHS_REQUEST_CLIENT_REQUEST_H

#include <httpd.h>

#include "config/lookup_settings.h"
#include "request/lookup/lookup.h"
#include "request/lookup/scope.h"

/* A lookup and the settings that led to it. */
typedef struct shs_memo_t shs_memo_t;
struct shs_memo_t {
    shs_lookup_settings_t settings;
    apr_interval_time_t stale; /* it counts if the store has failed */
    const shs_store_t *store;
    const shs_lookup_t *lookup;
    apr_interval_time_t ttl; /* FOUND: for touches (request/lookup/touch.h) */
    const shs_settings_t *touched_by; /* the last place whose settings decided
                                       * whether a touch is due */
    int is_outdated; /* the session was written: the next use repeats the lookup
                      * ... */
    shs_session_id_t sid; /* ... by this id */
    shs_memo_t *next;
};

/* One client request, whatever it became. Lives in its first request's pool. */
typedef struct shs_client_request_t {
    request_rec *first;
    shs_memo_t *memos;
    const shs_store_t *failed_store; /* it failed (flow.h, rule 3) */
    int is_marked;     /* a request exposed: the response varies ... */
    int is_private;    /* ... and an id was offered, or a decision was made */
    int needs_ttl;     /* an expression or a requirement reads @ttl */
    int is_opened;     /* the session has met a requirement, or an expression of
                        * one has read it */
    int is_unstorable; /* a request was refused by what its session is: no cache
                        * may store the answer ... */
    int is_denied;     /* ... or because the store gave no answer */
    int is_challenged; /* it was 401, because no session would do */
    int is_refused; /* the client gets an error instead of a response, because
                     * an order of the response failed */
    int has_left;   /* the response's headers have left: no cookie can follow */
    apr_array_header_t *cookies; /* of const char *: the Set-Cookies that the
                                  * module added, one per name; NULL: none */
} shs_client_request_t;

/* What a request's requirements and expressions have found out about its
 * session (request/access/access.h). */
typedef struct shs_access_t {
    unsigned is_inner : 1;      /* the hooks of other modules are running */
    unsigned is_settled : 1;    /* the fixups are over, or it is refused */
    unsigned lacks_session : 1; /* a requirement failed for want of a session */
    unsigned saw_none : 1;      /* an expression of one found no session */
    unsigned is_refused : 1;    /* one failed by what the session contains */
    unsigned is_undecided : 1; /* one failed because the store gave no answer */
    unsigned is_void : 1;      /* whatever was decided does not count, for the
                                 * same reason */
    unsigned is_problem : 1;   /* its 401 has a body for programs */
    /* The lookup whose attributes were parsed, for all that reads them. */
    const shs_lookup_t *inside_of;
    shs_path_inside_t inside;
    struct shs_attribute_list_t *lists; /* of this lookup */
    const char *user; /* what r->user was set to; NULL: nothing ... */
    const ap_conf_vector_t *user_config; /* ... by these settings */
} shs_access_t;

/* One request_rec. Lives in its pool. */
typedef struct shs_request_context_t {
    shs_client_request_t *client_request;
    const ap_conf_vector_t *config; /* for which it was applied; NULL: not
                                     * yet */
    const shs_settings_t *settings; /* the exposure's; NULL: nothing is
                                     * exposed */
    const shs_lookup_t *lookup;
    int status; /* OK, or the status that ends the request */
    shs_access_t access;
} shs_request_context_t;

/* The context of a request, or NULL; and the context of the nearest outer
 * request that has one, or NULL. */
static inline shs_request_context_t *shs_client_request_context_of(
    const request_rec *r)
{
    return ap_get_module_config(r->request_config, &shared_session_module);
}

const shs_request_context_t *shs_client_request_find_outer_context(
    const request_rec *r);

/* The client request of r, or NULL: neither r nor any outer request has a
 * context. */
shs_client_request_t *shs_client_request_of(const request_rec *r);

/* Creates the context, and with the first one the client request. */
shs_request_context_t *shs_client_request_create_context(request_rec *r);

/* The request whose response contains r's output: r itself, or the page that
 * includes it. */
request_rec *shs_client_request_page_of(request_rec *r);

/* Whose session r's settings look up, and where. r has a context. */
shs_scope_t shs_client_request_scope_of(const request_rec *r);

/* The client request's lookup for r's settings. The first call makes it, and
 * touches a session that is found, which may write to the store. r has a
 * context. */
const shs_lookup_t *shs_client_request_load_and_touch(const request_rec *r);

/* To be called after it: repeats the lookup in the store itself if it has found
 * the session in the near-cache. NULL: the store has failed, and the lookup
 * stays as it is. */
const shs_lookup_t *shs_client_request_confirm(const request_rec *r);

/* The memo of that lookup, or NULL. */
shs_memo_t *shs_client_request_find_memo(
    const shs_client_request_t *client_request, const shs_scope_t *scope);

#endif
