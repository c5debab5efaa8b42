/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/id_steps.h"

int shs_id_steps_is_equal(const shs_id_steps_t *a, const shs_id_steps_t *b)
{
    return a->decode == b->decode && a->sign == b->sign
           && a->secrets == b->secrets
           && shs_id_pattern_is_equal(&a->pattern, &b->pattern)
           && a->route == b->route && a->extras == b->extras;
}
