/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_shared_session.h: what other httpd modules can do with a request's
 * session. All functions are optional (apr_optional.h), so that a module that
 * uses them loads without mod_shared_session too:
 *
 *   static APR_OPTIONAL_FN_TYPE(shared_session_get) *get;
 *
 *   static void on_optional_fn_retrieve(void)
 *   {
 *       get = APR_RETRIEVE_OPTIONAL_FN(shared_session_get);
 *   }
 *   ...
 *   ap_hook_optional_fn_retrieve(on_optional_fn_retrieve, NULL, NULL,
 *                                APR_HOOK_MIDDLE);
 *
 * They may be called from header_parser on, for any request_rec: subrequests
 * and internal redirects share the session of their client's request. What
 * SharedSession* says for the request's place counts. A session is looked up at
 * most once a client request; each function that writes is a command to Redis,
 * done when it returns. Its cookie goes out with the response: what gives a new
 * id is LATE when headers of one were sent. Threads: as any use of a
 * request_rec.
 *
 * Names and values are octets. Strings that are returned live in r->pool;
 * arguments are not kept.
 */
#ifndef MOD_SHARED_SESSION_H
#define MOD_SHARED_SESSION_H

#include <apr_optional.h>
#include <apr_tables.h>
#include <httpd.h>

/* What a lookup came to. Attributes can be had of FOUND and STALE alone. */
typedef enum shared_session_status_e {
    SHARED_SESSION_OFF,         /* SharedSession is Off here, or no store */
    SHARED_SESSION_FOUND,       /* there is one */
    SHARED_SESSION_NONE,        /* the request has no id */
    SHARED_SESSION_ABSENT,      /* Redis has no such session */
    SHARED_SESSION_MALFORMED,   /* what it has is none */
    SHARED_SESSION_UNAVAILABLE, /* Redis gives no answer, or refuses one: says
                                 * nothing of the user */
    SHARED_SESSION_STALE        /* the same, but there was one lately, as
                                 * SharedSessionFailure stale= allows: it may
                                 * have been changed or ended meanwhile */
} shared_session_status_e;

/* What a write came to. DONE: it was written. NO_ANSWER: it may have been
 * written or not. All others: nothing was written. */
typedef enum shared_session_result_e {
    SHARED_SESSION_DONE,
    SHARED_SESSION_GONE,      /* there is no session (any more) */
    SHARED_SESSION_ROTATED,   /* it has another id by now: ask the client again,
                                * it is about to learn it */
    SHARED_SESSION_CONFLICT,  /* others changed it too often meanwhile */
    SHARED_SESSION_INVALID,   /* a name that begins with @ or is empty or has
                                * control characters, or a value that the format
                                * cannot hold */
    SHARED_SESSION_TOO_LARGE, /* larger than SharedSessionMaxSize */
    SHARED_SESSION_UNREADABLE, /* what is stored is no session */
    SHARED_SESSION_NO_ANSWER,  /* Redis gives none, or takes no writes (OOM,
                                * READONLY, ...): try again later */
    SHARED_SESSION_FORBIDDEN,  /* only .htaccess says SharedSession On here: the
                                * server's own configuration has to */
    SHARED_SESSION_LATE        /* of begin() and rotate(): headers of a response
                                * were sent, so the client would not get the new
                                * id */
} shared_session_result_e;

/* Looks the session up, unless that was done, and says what it came to. */
APR_DECLARE_OPTIONAL_FN(shared_session_status_e, shared_session_find,
                        (request_rec * r));

/* The same as the word that the variable SHARED_SESSION has: "found", "none",
 * ...; "off" where that is not set. Static. */
APR_DECLARE_OPTIONAL_FN(const char *, shared_session_status_word,
                        (request_rec * r));

/* The attribute of that name as text (a structure as JSON), NUL-terminated, and
 * its length, which may be NULL; or NULL if there is none, or no session. */
APR_DECLARE_OPTIONAL_FN(const char *, shared_session_get,
                        (request_rec * r, const char *name, apr_size_t *len));

/* Calls `each` with every attribute, in the order in which they are stored,
 * until it returns 0. `value` is NUL-terminated. */
typedef int (*shared_session_each_fn)(void *baton, const char *name,
                                      const char *value, apr_size_t len);
APR_DECLARE_OPTIONAL_FN(void, shared_session_iterate,
                        (request_rec * r, shared_session_each_fn each,
                         void *baton));

/* Begins a session with these attributes (may be NULL) under a new id; one that
 * the request has goes on with them. This is a login. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_begin,
                        (request_rec * r, const apr_table_t *attributes));

/* Sets one attribute of the session, or removes it. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_set,
                        (request_rec * r, const char *name, const char *value,
                         apr_size_t len));
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_unset,
                        (request_rec * r, const char *name));

/* Several at once, in one step: `set` names and values, `unset` names (const
 * char *); either may be NULL. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_change,
                        (request_rec * r, const apr_table_t *set,
                         const apr_array_header_t *unset));

/* Whether headers of a response to the client's request were sent, so that no
 * cookie can be, nor another response: 1 or 0. */
APR_DECLARE_OPTIONAL_FN(int, shared_session_is_late, (request_rec * r));

/* Gives the session a new id, which the client gets with the response; the old
 * one leads to it for SharedSessionRotateGrace. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_rotate,
                        (request_rec * r));

/* Ends the session, and each other one that an id of the request leads to, then
 * the cookies of their names. What is stored there and is no session that can
 * be read (MALFORMED) is deleted too. GONE: no id leads to anything; the cookie
 * that sessions are given by (the first of SharedSessionCookie) is taken away
 * all the same if it brought an id. UNREADABLE: a key holds another type of
 * value than the format writes, which is left alone; all others have ended.
 * Unless DONE or GONE the client keeps its cookies, and not all may have ended.
 */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_destroy,
                        (request_rec * r));

#endif
