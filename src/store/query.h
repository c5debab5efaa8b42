/* SPDX-License-Identifier: Apache-2.0
 *
 * query: what a store is asked for, and what is done in it. All of it is
 * borrowed, for as long as the store is at it.
 */
#ifndef SHS_STORE_QUERY_H
#define SHS_STORE_QUERY_H

#include <apr_time.h>

#include "session/change.h"
#include "session/outcome.h"
#include "session/record.h"

/* The most fields that a session may have. */
#define SHS_STORE_MAX_FIELDS 4096

/* What is asked, or written to. */
typedef struct shs_query_t {
    shs_octets_t key;
    shs_shape_t shape;
    apr_size_t max_octets; /* a larger value is refused, not kept in memory:
                            * of a string its length, of fields the sum of
                            * names and values */
    apr_time_t deadline;   /* by shs_clock_now(); the answer comes by then */
} shs_query_t;

/* What is done to a key. Each is one atomic step, and can be repeated: done
 * twice it comes to the same, except that what ends the key (REMOVE, and a
 * FORWARD with a ttl of 0) is GONE then. None creates a session but CREATE. */
typedef enum shs_write_kind_t {
    SHS_WRITE_CREATE,  /* the edit's whole, with this ttl; CONFLICT if there is
                        * something already */
    SHS_WRITE_CHANGE,  /* the edit; CONFLICT if what it relies on has changed,
                        * or the session was rotated. The ttl stays */
    SHS_WRITE_TOUCH,   /* this ttl, if no more than `due` is left, and not if
                        * the session was rotated, which is GONE */
    SHS_WRITE_FORWARD, /* marks it rotated, if it still is what it was (but for
                        * @accessed); from then on it lives this ttl at most, 0:
                        * ends it. The edit: what it says of its successor,
                        * beside what `keeps` says */
    SHS_WRITE_REMOVE   /* ends it; CONFLICT if it was rotated, so that who ends
                        * it ends what it has become, unless that is known */
} shs_write_kind_t;

typedef struct shs_write_t {
    shs_query_t
        at; /* which key, of which shape, by when; no larger than this */
    shs_write_kind_t kind;
    shs_edit_t edit;            /* CREATE, CHANGE, FORWARD */
    const shs_record_t *was;    /* CHANGE of a string, and FORWARD */
    apr_interval_time_t ttl;    /* CREATE, TOUCH, FORWARD: at least 1 ms */
    apr_interval_time_t due;    /* TOUCH */
    apr_int64_t accessed_at_ms; /* CHANGE, TOUCH of fields: for @accessed */
    int knows_rotated;          /* REMOVE */
    shs_octets_t rotated;       /* TOUCH and REMOVE of a string: how one begins
                                 * that was rotated, and no other does; empty:
                                 * none was */
    int keeps; /* FORWARD of fields: what was there stays, for who has the old
                * id; else it goes */
} shs_write_t;

#endif
