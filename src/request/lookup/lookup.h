/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup: from a client's request to its session: the ids it offers, the
 * store's answer, the codec's reading of it. The only place that knows a store
 * and a codec. It changes nothing of the request.
 */
#ifndef SHS_REQUEST_LOOKUP_LOOKUP_H
#define SHS_REQUEST_LOOKUP_LOOKUP_H

#include <httpd.h>

#include "request/lookup/candidate.h"
#include "session/id/session_id.h"
#include "session/outcome.h"
#include "session/session.h"
#include "store/store.h"

/* How many rotations one after the other an old id is followed through. */
#define SHS_LOOKUP_MAX_ROTATIONS 4

typedef struct shs_lookup_t {
    shs_outcome_t outcome;
    const shs_session_t *session; /* FOUND */
    apr_interval_time_t ttl;      /* FOUND: left to live, microseconds, or
                                   * SHS_TTL_FOREVER */
    int has_sid;                  /* an id was offered */
    shs_session_id_t sid; /* the session's; else the first that was offered */
    int candidates;       /* how many ids were offered */
    const char *reason;   /* unless FOUND, or if is_stale: why it came to that,
                          * in words */
    const shs_key_t *template; /* what keys were made by */
    int must_be_fresh;         /* the near-cache is not looked at */
    apr_time_t deadline; /* of all that this lookup asks, by shs_clock_now() */

    /* FOUND: for whoever writes to it. */
    shs_octets_t key;    /* where it is ... */
    shs_record_t record; /* ... and what was read there */
    int is_near;      /* it came from the near-cache: `record` is not there */
    int is_stale;     /* ... and the store could not be asked whether it has
                          * changed */
    int is_forwarded; /* the id is an old one: the session has a new one, and
                          * its key does not follow from `ident` */
} shs_lookup_t;

/* Looks the session of a client's request up as the settings say. `r` is the
 * request as the client sent it (not a subrequest or redirect); the lookup and
 * its session are allocated from r->pool. `store` may be NULL: then it is
 * UNAVAILABLE. All candidates together take no longer than the store's
 * timeout. Logs what the outcome changed. */
const shs_lookup_t *shs_lookup_run(request_rec *r, shs_store_t *store,
                                   const shs_settings_t *settings);

/* The word for what it came to: "found", "stale", ... Static. */
const char *shs_lookup_describe(const shs_lookup_t *lookup);

/* Why it came to that, in words that tell no id and no value; of an ABSENT one
 * also how its key begins. NULL where there is nothing to explain (FOUND, not
 * stale). Borrowed, or from p. */
const char *shs_lookup_explain(const shs_lookup_t *lookup, apr_pool_t *p);

/* Looks up the session of one id in the store itself, whatever the request's
 * cookies say: one that was looked up before, or has just been made. */
const shs_lookup_t *shs_lookup_run_by_id(request_rec *r, shs_store_t *store,
                                         const shs_settings_t *settings,
                                         const shs_session_id_t *sid);

/* A session that the request has ended: ABSENT, or NONE if `ident` is NULL. */
const shs_lookup_t *shs_lookup_create_ended(request_rec *r,
                                            const shs_settings_t *settings,
                                            const shs_session_id_t *sid);

/* The lookup that is made when the store already failed this request once:
 * UNAVAILABLE without asking again, or NONE without an id. */
const shs_lookup_t *shs_lookup_skip(request_rec *r,
                                    const shs_settings_t *settings);

#endif
