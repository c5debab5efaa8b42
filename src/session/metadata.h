/* SPDX-License-Identifier: Apache-2.0
 *
 * metadata: what a stored session says about itself, in members beside its
 * attributes whose names begin with "@". They are reserved in every format:
 *
 *   @created    milliseconds since the epoch when it was created
 *   @accessed   milliseconds since the epoch: in a hash when it was last
 *               written to or touched, in other formats when it was created.
 *               For people: no code relies on it
 *   @max        idle timeout in seconds
 *   @rotated    the session got a new id: the key of its successor, or empty
 *               when clients with the old id may not follow (the rotation was a
 *               login)
 *   @previous   the key before a login, under which the old attributes stay for
 *               a moment. That key ends with the session
 *   @user       reserved
 *
 * Only the key's own time to live decides whether the session exists:
 * lifetime.h has what it is set to.
 */
#ifndef SHS_SESSION_METADATA_H
#define SHS_SESSION_METADATA_H

#include "base/octets.h"

#define SHS_METADATA_CREATED  "@created"
#define SHS_METADATA_MAX      "@max"
#define SHS_METADATA_PREVIOUS "@previous"

/* Zeroed: no metadata. */
typedef struct shs_metadata_t {
    apr_time_t created_at;    /* microseconds since the epoch, or 0 */
    apr_interval_time_t idle; /* microseconds, at most half of what the type
                               * can count; or 0 */
    int is_rotated;
    shs_octets_t successor; /* if is_rotated: a key, borrowed, or empty */
    shs_octets_t previous;  /* a key, borrowed, or empty */
} shs_metadata_t;

/* Whether a name is reserved. */
int shs_metadata_is_reserved(shs_octets_t name);

/* Reads a reserved member. One that is malformed, or that this version does not
 * know, is ignored. */
void shs_metadata_read(shs_metadata_t *metadata, shs_octets_t name,
                       shs_octets_t text);

#endif
