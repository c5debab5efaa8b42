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
    SHS_OUTCOME_NONE,       /* nothing was asked: the request has no id */
    SHS_OUTCOME_FOUND,      /* a session, decoded */
    SHS_OUTCOME_ABSENT,     /* the store has nothing under the key, or what
                              * it has is past its own expiry */
    SHS_OUTCOME_MALFORMED,  /* something is there that is no session in the
                              * configured format, or is too large */
    SHS_OUTCOME_UNAVAILABLE /* no answer within the deadline, or a refusal */
} shs_outcome_t;

/* The outcome as the word that SHARED_SESSION shows ("none", "found",
 * "absent", "malformed", "unavailable"): static text. */
const char *shs_outcome_describe(shs_outcome_t outcome);

#endif
