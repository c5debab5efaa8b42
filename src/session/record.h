/* SPDX-License-Identifier: Apache-2.0
 *
 * record: the value that a store holds under a key, not yet decoded. Stores
 * make records and codecs read them; neither knows the other.
 */
#ifndef SHS_SESSION_RECORD_H
#define SHS_SESSION_RECORD_H

#include <apr.h>
#include <apr_time.h>

#include "base/octets.h"

/* The two kinds of value that a store can hold. */
typedef enum shs_shape_t {
    SHS_SHAPE_STRING, /* one value (Redis string: GET) */
    SHS_SHAPE_FIELDS  /* named values (Redis hash: HGETALL) */
} shs_shape_t;

typedef struct shs_record_field_t {
    shs_octets_t name;
    shs_octets_t value;
} shs_record_field_t;

/* A key without an expiry. */
#define SHS_TTL_FOREVER APR_INT64_C(-1)

typedef struct shs_record_t {
    shs_shape_t shape;
    shs_octets_t string;              /* SHS_SHAPE_STRING */
    const shs_record_field_t *fields; /* SHS_SHAPE_FIELDS, in store order */
    apr_size_t count;                 /* of fields */
    apr_interval_time_t ttl;          /* microseconds left to live when it was
                                       * read; SHS_TTL_FOREVER without one */
} shs_record_t;

#endif
