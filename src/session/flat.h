/* SPDX-License-Identifier: Apache-2.0
 *
 * flat: a decoded session as one run of octets without pointers, so that memory
 * that several processes share can hold it, and it is read from there without
 * decoding the stored value again:
 *
 *   header | values, 16 octets each | names and texts, each with a NUL
 *
 * A lead precedes each top-level name, so that both are one string: the prefix
 * of the notes, which no hit has to put before the names then.
 *
 * Reading checks every offset and every bound: octets that are not a flat
 * session give no session, and nothing outside of them is read. What
 * shs_session_learn() found out is read as it was written: it is neither an
 * offset nor a length, and the checksum of the memory covers it.
 */
#ifndef SHS_SESSION_FLAT_H
#define SHS_SESSION_FLAT_H

#include "session/session.h"

/* The session as octets, in p, with that lead, which may be empty. */
shs_octets_t shs_flat_encode(const shs_session_t *session, shs_octets_t lead,
                             apr_pool_t *p);

/* The session that was encoded so; NULL: the octets are none. It borrows from
 * them, so they must be aligned to 8 octets and live as long. */
shs_session_t *shs_flat_decode(shs_octets_t octets, apr_pool_t *p);

#endif
