/* SPDX-License-Identifier: Apache-2.0
 *
 * metadata: what a stored session says about itself, beside its attributes, in
 * members whose names begin with "@". They are reserved in every format:
 *
 *   @created    milliseconds since the epoch when it was created
 *   @accessed   milliseconds since the epoch when it was last written to or
 *               kept alive, of a hash; of others when it was created. For
 *               people: nothing here relies on it
 *   @max        seconds that it lives after it was last used (idle timeout)
 *   @rotated    it got a new id: the key of its successor, or nothing when who
 *               has the old id may not follow (the rotation was a login)
 *   @previous   the key that it had before a login, where what was there before
 *               still is for a moment: it ends with the session
 *   @user       reserved
 *
 * The key's own time to live is the only truth about whether the session lives.
 */
#ifndef SHS_SESSION_METADATA_H
#define SHS_SESSION_METADATA_H

#include "base/octets.h"

#define SHS_METADATA_CREATED  "@created"
#define SHS_METADATA_ACCESSED "@accessed"
#define SHS_METADATA_MAX      "@max"
#define SHS_METADATA_ROTATED  "@rotated"
#define SHS_METADATA_PREVIOUS "@previous"

/* Zeroed: it says nothing. */
typedef struct shs_metadata_t {
    apr_time_t created_at;    /* microseconds since the epoch, or 0 */
    apr_interval_time_t idle; /* microseconds, or 0 */
    int is_rotated;
    shs_octets_t successor; /* of a rotated one: a key, borrowed, or empty */
    shs_octets_t previous;  /* a key, borrowed, or empty */
} shs_metadata_t;

/* Whether a name is reserved. */
int shs_metadata_is_reserved(shs_octets_t name);

/* Takes a reserved member in. One that cannot be understood, or that this
 * version does not know, is passed over. */
void shs_metadata_read(shs_metadata_t *metadata, shs_octets_t name,
                       shs_octets_t text);

/* How long the session may go on from `now` when it is used now: its idle
 * timeout (or the one given), but never past `absolute` after its creation.
 * Zero or less: its time is over. */
apr_interval_time_t shs_metadata_left(const shs_metadata_t *metadata,
                                      apr_interval_time_t idle,
                                      apr_interval_time_t absolute,
                                      apr_time_t now);

#endif
