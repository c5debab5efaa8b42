/* SPDX-License-Identifier: Apache-2.0
 *
 * outcome: the four answers to "is there a session under this id?".
 *
 * They are different answers everywhere; nothing may turn one into another.
 * In particular UNAVAILABLE (the store did not answer) is never ABSENT (the
 * store answered that there is none): taking one for the other logs people
 * out, or lets them in.
 */
#ifndef SHS_SESSION_OUTCOME_H
#define SHS_SESSION_OUTCOME_H

typedef enum shs_outcome_t {
    SHS_OUTCOME_NONE,       /* no lookup was made: the request has no id */
    SHS_OUTCOME_FOUND,      /* a session, decoded */
    SHS_OUTCOME_ABSENT,     /* there is no such key, or its value is past its
                             * own expiry */
    SHS_OUTCOME_MALFORMED,  /* the value is no session in the configured format,
                             * or is too large */
    SHS_OUTCOME_UNAVAILABLE /* no answer within the deadline, or a refusal */
} shs_outcome_t;

/* The outcome as SHARED_SESSION shows it ("none", "found",
 * "absent", "malformed", "unavailable"): static text. */
const char *shs_outcome_describe(shs_outcome_t outcome);

/* The result of a write. DONE: it was written. UNAVAILABLE: it may have been
 * written or not. All others: nothing was written. A store returns neither
 * ROTATED, INVALID nor FORBIDDEN: the request finds those out before. */
typedef enum shs_wrote_t {
    SHS_WROTE_DONE,
    SHS_WROTE_GONE,      /* there is no such session (any more) */
    SHS_WROTE_ROTATED,   /* it has another id by now, and this is the old one */
    SHS_WROTE_CONFLICT,  /* another writer won */
    SHS_WROTE_INVALID,   /* the format cannot hold the change */
    SHS_WROTE_TOO_LARGE, /* it would be larger than SharedSessionMaxSize */
    SHS_WROTE_MALFORMED, /* the stored value is no session */
    SHS_WROTE_FORBIDDEN, /* only .htaccess has SharedSession On here */
    SHS_WROTE_UNAVAILABLE /* no answer within the deadline, or a refusal */
} shs_wrote_t;

#endif
