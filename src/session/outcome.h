/* SPDX-License-Identifier: Apache-2.0
 *
 * outcome: the outcomes of a lookup (shs_outcome_t) in words.
 */
#ifndef SHS_SESSION_OUTCOME_H
#define SHS_SESSION_OUTCOME_H

#include "../mod_shared_session_provider.h"

/* The outcome as SHARED_SESSION shows it ("none", "found",
 * "absent", "malformed", "unavailable"): static text. */
const char *shs_outcome_describe(shs_outcome_t outcome);

#endif
