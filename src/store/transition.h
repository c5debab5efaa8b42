/* SPDX-License-Identifier: Apache-2.0
 *
 * transition: what is to be told to the administrator of a store's health.
 */
#ifndef SHS_STORE_TRANSITION_H
#define SHS_STORE_TRANSITION_H

/* What an answer changed in what the whole host knows of the store's health. Of
 * all its children exactly one caller is told. */
typedef enum shs_transition_t {
    SHS_TRANSITION_NONE,
    SHS_TRANSITION_DOWN,       /* it gives no answer any more */
    SHS_TRANSITION_UP,         /* it answers again */
    SHS_TRANSITION_REFUSED,    /* it does not accept us; told once a minute */
    SHS_TRANSITION_UNWRITABLE, /* it can be read, and takes no writes; told
                                * once a minute */
    SHS_TRANSITION_WRITABLE,   /* it takes them again */
    SHS_TRANSITION_DEGRADED,   /* lookups fail now and then, but it is not
                                * down; told once a minute */
    SHS_TRANSITION_MASTER,    /* another server is its master, or one of them */
    SHS_TRANSITION_UNTRACKED, /* it answers, but does not tell what changes:
                             * nothing is kept near */
    SHS_TRANSITION_TRACKED    /* it does again */
} shs_transition_t;

#endif
