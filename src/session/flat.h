/* SPDX-License-Identifier: Apache-2.0
 *
 * flat: a decoded session as one run of octets without pointers, so that it can
 * stand in memory that several processes share and be read from there without
 * parsing what it was stored as:
 *
 *   header | nodes, 24 octets each | names and texts
 *
 * What is read is checked, every offset and every bound: octets that are not a
 * flat session give none, and no read outside of them.
 */
#ifndef SHS_SESSION_FLAT_H
#define SHS_SESSION_FLAT_H

#include "session/session.h"

/* The session as octets, in p. */
shs_octets_t shs_flat_encode(const shs_session_t *session, apr_pool_t *p);

/* The session that was written so; or NULL. It borrows from the octets, which
 * must be aligned to 8 octets and live as long. */
shs_session_t *shs_flat_decode(shs_octets_t octets, apr_pool_t *p);

#endif
