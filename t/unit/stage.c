/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "redis/protocol/slot.h"
#include "unit.h"

actor_t *a, *b, *r;
int slot_of_a, slot_of_b;
actor_t *s, *x, *y;

void stage_set_slots(const actor_t *of_a, const actor_t *of_b)
{
    actor_range_t ranges[] = { { slot_of_a, slot_of_a, of_a, r },
                               { slot_of_b, slot_of_b, of_b, NULL } };

    actor_set_slots(a, ranges, 2);
    actor_set_slots(b, ranges, 2);
    actor_set_slots(r, ranges, 2);
}

void stage_start_cluster(void)
{
    a = actor_start("a");
    b = actor_start("b");
    r = actor_start("r");
    slot_of_a = shs_slot_of_key(OCTETS("{a}"));
    slot_of_b = shs_slot_of_key(OCTETS("{b}"));
    stage_set_slots(a, b);
}

void stage_stop_cluster(void)
{
    actor_stop(a);
    actor_stop(b);
    actor_stop(r);
    a = b = r = NULL;
}

void stage_start_sentinel(void)
{
    s = actor_start("s");
    x = actor_start("x");
    y = actor_start("y");
    actor_set_master(s, x, 1);
}

void stage_stop_sentinel(void)
{
    actor_stop(s);
    actor_stop(x);
    actor_stop(y);
    s = x = y = NULL;
}

void stage_fail_over(void)
{
    actor_set_master(s, y, 2);
}
