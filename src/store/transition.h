/* SPDX-License-Identifier: Apache-2.0
 *
 * transition: a change of a store's health that is to be logged.
 */
#ifndef SHS_STORE_TRANSITION_H
#define SHS_STORE_TRANSITION_H

/* The change that a result made to what the host knows of the store's health.
 * Each is returned to exactly one caller of all children. */
typedef enum shs_transition_t {
    SHS_TRANSITION_NONE,
    SHS_TRANSITION_DOWN,       /* it does not answer any more */
    SHS_TRANSITION_UP,         /* it answers again */
    SHS_TRANSITION_REFUSED,    /* it refuses our credentials; once a minute */
    SHS_TRANSITION_UNWRITABLE, /* it can be read but refuses writes; once a
                                * minute */
    SHS_TRANSITION_WRITABLE,   /* it takes writes again */
    SHS_TRANSITION_DEGRADED,   /* lookups fail now and then, but it is not down;
                                * once a minute */
    SHS_TRANSITION_MASTER,     /* another server is a master now */
    SHS_TRANSITION_UNTRACKED,  /* it answers, but invalidation tracking is down:
                                * the near-cache serves nothing */
    SHS_TRANSITION_TRACKED     /* tracking is up again */
} shs_transition_t;

#endif
