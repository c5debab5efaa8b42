/* SPDX-License-Identifier: Apache-2.0 */
#include "session/outcome.h"

const char *shs_outcome_describe(shs_outcome_t outcome)
{
    switch (outcome) {
    case SHS_OUTCOME_NONE:
        return "none";
    case SHS_OUTCOME_FOUND:
        return "found";
    case SHS_OUTCOME_ABSENT:
        return "absent";
    case SHS_OUTCOME_MALFORMED:
        return "malformed";
    case SHS_OUTCOME_UNAVAILABLE:
        return "unavailable";
    }
    return "unavailable";
}
