/* SPDX-License-Identifier: Apache-2.0
 *
 * frame: finds where each reply ends in the octets that a server has sent,
 * without building it. It is as strict as redis/protocol/resp.h: what it
 * accepts as one reply, resp reads as that reply, to the last octet. RESP2:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
#ifndef SHS_REDIS_PROTOCOL_FRAME_H
#define SHS_REDIS_PROTOCOL_FRAME_H

#include "redis/protocol/resp.h"

/* The deepest array within an array, as in resp. */
#define SHS_FRAME_DEPTH 8

typedef struct shs_frame_t {
    apr_size_t begin; /* of the reply that is being scanned */
    apr_size_t at;    /* its elements before this are complete */
    char type;        /* its first octet; 0: it has not come yet */
    int depth;        /* of the array that is open */
    apr_size_t missing[SHS_FRAME_DEPTH]; /* elements, for each open array */
    apr_size_t octets;                   /* of its bulk strings so far */
    int has_texts_only;  /* each element of the outermost array is a text ... */
    int has_values_only; /* ... or nil ("$-1") */
    int is_nil;          /* "$-1" or "*-1" */
    apr_size_t elements; /* of the outermost array */
} shs_frame_t;

/* Before the reply that begins at `begin`. */
void shs_frame_begin(shs_frame_t *frame, apr_size_t begin);

/* Scans data[0..len), which has the same octets as before and more. REPLY: the
 * reply is data[frame->begin .. frame->at). MORE: it is not complete. TOO_LARGE
 * or GARBAGE: it exceeds the limits, or is not RESP2; the scan cannot go on.
 * Octets that were scanned are not scanned again, except for a line that was
 * not complete. */
shs_resp_status_t shs_frame_next(shs_frame_t *frame, const char *data,
                                 apr_size_t len, shs_resp_limits_t limits);

#endif
