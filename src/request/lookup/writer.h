/* SPDX-License-Identifier: Apache-2.0
 *
 * writer: creates, changes, touches, rotates and ends sessions in a store,
 * starting from what a lookup has found there. With lookup, the only place that
 * knows a store and a codec. It knows no cookies and does not change the
 * request.
 *
 * Numbered rules:
 *  1. A new session never gets an id that a client brought.
 *  2. Only a creation creates a key: a session that was ended meanwhile stays
 *     ended.
 *  3. A rotation copies the session to a new key before the old one leads there
 *     or ends. The new id is not revealed before that, so a rotation that fails
 *     has not happened.
 *  4. A rotation with a change is a login. A client that presents only the old
 *     id sees the session as it was before the login, until the grace time is
 *     over, and cannot write to it: a fixated id leads to no login. The old id
 *     ends with the session at the latest.
 */
#ifndef SHS_REQUEST_LOOKUP_WRITER_H
#define SHS_REQUEST_LOOKUP_WRITER_H

#include "request/lookup/lookup.h"
#include "session/change.h"

/* The result of a write. */
typedef struct shs_written_t {
    shs_wrote_t status;
    const char *reason;   /* unless DONE: words that reveal no secret */
    shs_session_id_t sid; /* DONE, of create and rotate: the new id */
} shs_written_t;

shs_written_t shs_writer_written(shs_wrote_t status, const char *reason);

/* What a write to the session of a lookup comes to as far as the lookup tells:
 * DONE if it is FOUND, so that a write can be attempted. */
shs_written_t shs_writer_check_lookup(const shs_lookup_t *lookup);

/* Creates a session with a new id. */
shs_written_t shs_writer_create(const shs_scope_t *scope,
                                const shs_change_t *change);

/* All of these take a lookup that is FOUND. After a conflict they retry on the
 * session's present state, up to SHS_WRITER_ATTEMPTS attempts in all. */
#define SHS_WRITER_ATTEMPTS 8

shs_written_t shs_writer_change(const shs_scope_t *scope,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change);

/* Gives the session a new id. `change` may be NULL (rules 3 and 4). */
shs_written_t shs_writer_rotate(const shs_scope_t *scope,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change);

/* Ends the session. DONE too if it had ended before. */
shs_written_t shs_writer_end(const shs_scope_t *scope,
                             const shs_lookup_t *lookup);

/* ---- private part: for touch, expire and other_sessions */

/* prepare() makes a write to a key of the scope's store, with the limits of its
 * settings and a deadline of its own. execute() performs it. */
shs_write_t shs_writer_prepare(const shs_scope_t *scope, shs_write_kind_t kind,
                               shs_octets_t key);
shs_written_t shs_writer_execute(const shs_scope_t *scope,
                                 const shs_write_t *write);

/* Removes a key: CONFLICT if it is rotated, unless the caller knows that. */
shs_written_t shs_writer_remove_key(const shs_scope_t *scope, shs_octets_t key,
                                    int knows_rotated);

/* After the key of a session was removed with that result: ends what a login
 * has left of it, and the old id that has led to it. */
void shs_writer_remove_rest(const shs_scope_t *scope,
                            const shs_lookup_t *lookup, shs_wrote_t status);

/* Removes the key of an old id that leads to an ended session. If the id has no
 * key, the record expires by itself, soon. */
void shs_writer_remove_old_key(const shs_scope_t *scope,
                               const shs_session_id_t *sid);

#endif
