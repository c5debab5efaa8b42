/* SPDX-License-Identifier: Apache-2.0
 *
 * query: a read of a store, and a write to it. All of it is borrowed for the
 * duration of the call.
 */
#ifndef SHS_STORE_QUERY_H
#define SHS_STORE_QUERY_H

#include <apr_time.h>

#include "session/change.h"
#include "session/outcome.h"
#include "session/record.h"
#include "store/trace.h"

/* The most fields that a session may have. */
#define SHS_STORE_MAX_FIELDS 4096

/* The key that is read or written. */
typedef struct shs_query_t {
    shs_octets_t key;
    shs_shape_t shape;
    apr_size_t max_octets; /* a larger value is refused and not held in memory:
                            * the length of a string, the sum of names and
                            * values of fields */
    apr_time_t deadline;   /* by shs_clock_now(); the call returns by then */
    const shs_trace_t *trace; /* NULL: nothing is reported */
} shs_query_t;

/* The kinds of write. Each is one atomic step and can be repeated with the same
 * result, except that a repeated REMOVE, or FORWARD with a ttl of 0, is GONE.
 * Only CREATE creates a session. */
typedef enum shs_write_kind_t {
    SHS_WRITE_CREATE, /* stores the whole edit with this ttl; CONFLICT if the
                        * key exists */
    SHS_WRITE_CHANGE, /* applies the edit; CONFLICT if what the edit expects has
                        * changed, or the session was rotated. The ttl stays */
    SHS_WRITE_TOUCH,  /* sets this ttl if at most `due` is left. GONE if the
                        * session was rotated */
    SHS_WRITE_FORWARD, /* marks the session rotated, if it is unchanged (except
                        * for @accessed). It then lives for at most this ttl;
                        * 0 ends it. The edit names the successor; `keeps` says
                        * what else stays */
    SHS_WRITE_REMOVE   /* ends the session; CONFLICT if it was rotated, so that
                        * the caller can end its successor, unless
                        * `knows_rotated` */
} shs_write_kind_t;

typedef struct shs_write_t {
    shs_query_t at; /* the key; the new value has to fit max_octets too */
    shs_write_kind_t kind;
    shs_edit_t edit;            /* CREATE, CHANGE, FORWARD */
    const shs_record_t *was;    /* CHANGE of a string, and FORWARD */
    apr_interval_time_t ttl;    /* CREATE, TOUCH, FORWARD: at least 1 ms */
    apr_interval_time_t due;    /* TOUCH */
    apr_int64_t accessed_at_ms; /* CHANGE, TOUCH of fields: for @accessed */
    int knows_rotated;          /* REMOVE: the caller knows of the rotation */
    shs_octets_t rotated;       /* TOUCH and REMOVE of a string: the prefix of
                                 * every rotated value and of no other; empty:
                                 * there are none */
    int keeps; /* FORWARD of fields: the old fields stay, for clients that have
                * only the old id; 0: they are removed */
} shs_write_t;

#endif
