/* SPDX-License-Identifier: Apache-2.0
 *
 * stage: the fake servers of the two set-ups that several tests share: a
 * cluster, and a master that a Sentinel names. One test uses one of each at
 * most. Each server's name is that of its variable, so that a value says which
 * server sent it.
 */
#ifndef T_UNIT_STAGE_H
#define T_UNIT_STAGE_H

#include "actor.h"
#include "rig.h"

/* A cluster: the masters a and b, and r, the replica of a. Keys "{a}..." belong
 * to a, keys "{b}..." to b; no other slot is served. */
extern actor_t *a, *b, *r;
extern int slot_of_a, slot_of_b;

void stage_start_cluster(void);
void stage_stop_cluster(void);

/* From now on these masters serve the slots of a and b. */
void stage_set_slots(const actor_t *of_a, const actor_t *of_b);

/* Sentinel s names x as the master; y is another server. */
extern actor_t *s, *x, *y;

void stage_start_sentinel(void);
void stage_stop_sentinel(void);

/* From now on s names y, in a later epoch. */
void stage_fail_over(void);

#endif
