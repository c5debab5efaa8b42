/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_shared_session.h: what other httpd modules can do with a request's
 * session. All functions are optional (apr_optional.h), so a module that uses
 * them also loads without mod_shared_session:
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
 * and internal redirects share the session of their client request. The
 * SharedSession* settings of the request's place apply. A session is looked up
 * once per client request and way of looking (store, cookie, key, format,
 * limits), again after a write, and again if only a later place needs its time
 * to live. A function that writes returns when Redis has carried out the write.
 * Its cookie goes out with the response: after the headers were sent, a write
 * that gives a new id is LATE. Threads: as for any use of a request_rec.
 *
 * Names and values are octets. Returned strings live in r->pool. Arguments are
 * not kept.
 */
#ifndef MOD_SHARED_SESSION_H
#define MOD_SHARED_SESSION_H

#include <apr_optional.h>
#include <apr_tables.h>
#include <httpd.h>

/* The outcome of a lookup. Only FOUND and STALE have attributes. */
typedef enum shared_session_status_e {
    SHARED_SESSION_OFF,         /* SharedSession is Off here, or no store */
    SHARED_SESSION_FOUND,       /* there is a session */
    SHARED_SESSION_NONE,        /* the request has no id */
    SHARED_SESSION_ABSENT,      /* Redis has no such session */
    SHARED_SESSION_MALFORMED,   /* Redis has something that is no session */
    SHARED_SESSION_UNAVAILABLE, /* Redis gives no answer, or refuses: nothing is
                                 * known about the user */
    SHARED_SESSION_STALE        /* likewise, but there was a session recently,
                                 * and SharedSessionFailure stale= allows to use
                                 * it: it may have been changed or ended
                                 * since */
} shared_session_status_e;

/* The result of a write. DONE: it was written. NO_ANSWER: it may have been
 * written or not. All others: the session is unchanged; but begin and rotate
 * may have ended other sessions that the same cookie leads to. UNREADABLE and
 * NO_ANSWER are to a write what MALFORMED and UNAVAILABLE are to a lookup: C
 * has one name space for the two enums. */
typedef enum shared_session_result_e {
    SHARED_SESSION_DONE,
    SHARED_SESSION_GONE,       /* there is no session (any more) */
    SHARED_SESSION_ROTATED,    /* it has another id by now: the client is about
                                * to learn it, so let it try again */
    SHARED_SESSION_CONFLICT,   /* it lost the write race eight times */
    SHARED_SESSION_INVALID,    /* a name begins with @, is empty or has control
                                * characters, or the format cannot hold a
                                * value */
    SHARED_SESSION_TOO_LARGE,  /* larger than SharedSessionMaxSize */
    SHARED_SESSION_UNREADABLE, /* the stored value is no session */
    SHARED_SESSION_NO_ANSWER,  /* Redis gives no answer, or takes no writes
                                * (OOM, READONLY, ...): try again later */
    SHARED_SESSION_FORBIDDEN,  /* only .htaccess has SharedSession On here: the
                                * server's configuration must have it too */
    SHARED_SESSION_LATE,       /* of begin() and rotate(): the headers of a
                                * response were sent, so the client would not
                                * get the new id */
    SHARED_SESSION_FOREIGN     /* the sessions of this place belong to another
                                * program, as SharedSessionProfile says: they
                                * can be read and ended, nothing else */
} shared_session_result_e;

/* Looks up the session, unless that was done before, and returns the
 * outcome. */
APR_DECLARE_OPTIONAL_FN(shared_session_status_e, shared_session_find,
                        (request_rec * r));

/* Looks up the session again in Redis itself, if the near-cache has had it.
 * Call this before a session is taken as over by what it contains: another host
 * may have extended it a moment ago. UNAVAILABLE: Redis gives no answer, and
 * the session stays as find() has it. */
APR_DECLARE_OPTIONAL_FN(shared_session_status_e, shared_session_confirm,
                        (request_rec * r));

/* The same as the word in the variable SHARED_SESSION: "found", "none", ...;
 * "off" where the variable is not set. Static. */
APR_DECLARE_OPTIONAL_FN(const char *, shared_session_status_word,
                        (request_rec * r));

/* The attribute of that name as text (a structure as JSON), NUL-terminated, and
 * its length, unless len is NULL. Returns NULL if there is no such attribute,
 * or no session. */
APR_DECLARE_OPTIONAL_FN(const char *, shared_session_get,
                        (request_rec * r, const char *name, apr_size_t *len));

/* Calls `each` for every attribute, in stored order, until it returns 0.
 * `value` is NUL-terminated. */
typedef int (*shared_session_each_fn)(void *baton, const char *name,
                                      const char *value, apr_size_t len);
APR_DECLARE_OPTIONAL_FN(void, shared_session_iterate,
                        (request_rec * r, shared_session_each_fn each,
                         void *baton));

/* Begins a session with these attributes (may be NULL) under a new id. A
 * session that the request has continues with them. This is a login. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_begin,
                        (request_rec * r, const apr_table_t *attributes));

/* Sets one attribute of the session, or removes it. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_set,
                        (request_rec * r, const char *name, const char *value,
                         apr_size_t len));
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_unset,
                        (request_rec * r, const char *name));

/* Sets and removes several attributes in one step: `set` has names and values,
 * `unset` names (const char *); either may be NULL. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_change,
                        (request_rec * r, const apr_table_t *set,
                         const apr_array_header_t *unset));

/* Whether the headers of a response to the client request were sent, so that
 * neither a cookie nor another response can be sent: 1 or 0. */
APR_DECLARE_OPTIONAL_FN(int, shared_session_is_late, (request_rec * r));

/* Gives the session a new id, which the client gets with the response. The old
 * id leads to the session for SharedSessionRotateGrace. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_rotate,
                        (request_rec * r));

/* Ends the session, and all others that the ids of the request lead to, then
 * removes the cookies of their names. A stored value that is no readable
 * session (MALFORMED) is deleted too. GONE: no id leads to anything; the first
 * cookie of SharedSessionCookie, with which sessions are given, is removed all
 * the same if it brought an id. UNREADABLE: a key holds another type of value
 * than the format writes, which stays; all others have ended. Unless DONE or
 * GONE, some may not have ended, and the client keeps its cookies. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_destroy,
                        (request_rec * r));

/* Ends the session, and no other, because it is over by what it contains. Call
 * confirm() before. CONFLICT: it has changed since confirm(), or was not
 * confirmed, and goes on. The cookie stays. */
APR_DECLARE_OPTIONAL_FN(shared_session_result_e, shared_session_expire,
                        (request_rec * r));

#endif
