/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_policy.h"

int shs_near_policy_is_equal(const shs_near_policy_t *a,
                             const shs_near_policy_t *b)
{
    return a->is_on == b->is_on && a->size == b->size
           && a->max_entry == b->max_entry && a->ttl == b->ttl
           && a->lease == b->lease && a->negative == b->negative;
}
