/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_shared_session_record.h: what a store holds under a key: the types that
 * mod_shared_session_provider.h uses for values. That header includes this one.
 *
 * This file includes headers of APR only, and is valid C99 and C++.
 */
#ifndef MOD_SHARED_SESSION_RECORD_H
#define MOD_SHARED_SESSION_RECORD_H

#include <apr.h>
#include <apr_time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Octets with a length; any octet may occur, NUL too. Those that a provider
 * returns need no NUL behind them. */
typedef struct shs_octets_t {
    const char *data;
    apr_size_t len;
} shs_octets_t;

/* The two kinds of value that a store holds under a key. A format of sessions
 * has one of them: `hash` has fields, `json` and `form` have a string. */
typedef enum shs_shape_t {
    SHS_SHAPE_STRING, /* one value (Redis string: GET) */
    SHS_SHAPE_FIELDS  /* named values (Redis hash: HGETALL) */
} shs_shape_t;

typedef struct shs_record_field_t {
    shs_octets_t name;
    shs_octets_t value;
} shs_record_field_t;

/* The most fields that a session may have. */
#define SHS_STORE_MAX_FIELDS 4096

/* The two fields that a store itself has to know (session/metadata.h). */
#define SHS_METADATA_ACCESSED "@accessed" /* last use, in ms, as decimal text */
#define SHS_METADATA_ROTATED  "@rotated"  /* the session has another id now */

/* A key without an expiry; and a time to live that was not read. */
#define SHS_TTL_FOREVER APR_INT64_C(-1)
#define SHS_TTL_UNKNOWN APR_INT64_C(-2)

/* The value under a key, not decoded. */
typedef struct shs_record_t {
    shs_shape_t shape;
    shs_octets_t string;              /* SHS_SHAPE_STRING */
    const shs_record_field_t *fields; /* SHS_SHAPE_FIELDS, in store order; no
                                       * name occurs twice */
    apr_size_t count;                 /* of fields */
    apr_interval_time_t ttl; /* what the key has left to live at the time of
                              * the read; SHS_TTL_FOREVER without an expiry. A
                              * query without_ttl needs none here: the module
                              * then makes it SHS_TTL_UNKNOWN */
} shs_record_t;

#ifdef __cplusplus
}
#endif

#endif
