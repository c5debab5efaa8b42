/* SPDX-License-Identifier: Apache-2.0
 *
 * writer: sessions created, changed, kept alive, rotated and ended in a store,
 * by what a lookup has found there. With lookup, the only place that knows a
 * store and a codec. It knows no cookies and changes nothing of the request.
 *
 * Numbered rules:
 *  1. No id that a client brought is ever given to a new session.
 *  2. Nothing but a creation creates; what was ended meanwhile stays so.
 *  3. A rotation copies the session to a new key before the old one leads there
 *     or ends; the new id is told to nobody before, so a rotation that fails
 *     has not happened.
 *  4. When something is changed with a rotation (a login), who has only the old
 *     id sees what was there before, for as long as the grace lasts, and can
 *     write no more: an id that was fixed by somebody else leads to no login.
 *     It ends with the session at the latest.
 */
#ifndef SHS_REQUEST_WRITER_H
#define SHS_REQUEST_WRITER_H

#include "config/settings.h"
#include "request/lookup.h"
#include "session/change.h"

typedef enum shs_writer_status_t {
    SHS_WRITER_DONE,
    SHS_WRITER_NONE,     /* there is no such session (any more) */
    SHS_WRITER_ROTATED,  /* it has another id by now, and this is the old one */
    SHS_WRITER_CONFLICT, /* others changed it too often meanwhile */
    SHS_WRITER_INVALID,  /* the format cannot hold that */
    SHS_WRITER_TOO_LARGE,  /* larger than SharedSessionMaxSize */
    SHS_WRITER_MALFORMED,  /* what is stored there is no session */
    SHS_WRITER_FORBIDDEN,  /* only .htaccess says SharedSession On here */
    SHS_WRITER_LATE,       /* headers were sent, so no new id can be given */
    SHS_WRITER_UNAVAILABLE /* no answer: it may have been written or not */
} shs_writer_status_t;

/* Where to write. */
typedef struct shs_writer_t {
    request_rec *r; /* the first of its chain: its pool has what is made */
    shs_store_t *store;
    const shs_settings_t *settings;
} shs_writer_t;

/* What came of it. */
typedef struct shs_written_t {
    shs_writer_status_t status;
    const char *reason; /* unless DONE: words that hold nothing secret */
    shs_ident_t ident;  /* DONE, of create and rotate: the new id */
} shs_written_t;

/* A new session with a new id. */
shs_written_t shs_writer_create(const shs_writer_t *writer,
                                const shs_change_t *change);

/* All of these take a lookup that FOUND. A conflict is tried again with what is
 * there by then, up to SHS_WRITER_TRIES times in all. */
#define SHS_WRITER_TRIES 8

shs_written_t shs_writer_change(const shs_writer_t *writer,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change);

/* A new id. `change` may be NULL (rules 3 and 4). */
shs_written_t shs_writer_rotate(const shs_writer_t *writer,
                                const shs_lookup_t *lookup,
                                const shs_change_t *change);

/* Ended; also when it was before. */
shs_written_t shs_writer_end(const shs_writer_t *writer,
                             const shs_lookup_t *lookup);

/* ---- private part: for those that write in another way */

/* A write to that key of the writer's store, with the writer's limits and a
 * deadline of its own; and that write done. */
shs_write_t shs_writer_prepare(const shs_writer_t *writer,
                               shs_write_kind_t kind, shs_octets_t key);
shs_written_t shs_writer_put(const shs_writer_t *writer,
                             const shs_write_t *write);

#endif
