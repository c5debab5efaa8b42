/* SPDX-License-Identifier: Apache-2.0
 *
 * result: what a store returns for a read or a write, and how it reports its
 * state.
 */
#ifndef SHS_STORE_RESULT_H
#define SHS_STORE_RESULT_H

#include "session/outcome.h"
#include "session/record.h"
#include "store/transition.h"

/* The result of a read or a write. */
typedef struct shs_result_t {
    shs_record_t record; /* set when FOUND; owned by the pool given to load */
    const char *reason;  /* set unless FOUND: words for the log that hold
                          * neither keys nor values nor credentials */
    apr_uint32_t server_id; /* of the server that replied; 0: none to track */
    int is_refusal; /* UNAVAILABLE because the store refuses us (password,
                     * permission): for the administrator */
    shs_transition_t transition;
    const char *transition_reason; /* of DOWN, REFUSED, UNWRITABLE, DEGRADED and
                                    * UNTRACKED, as `reason`; of MASTER: the new
                                    * and the old one */
} shs_result_t;

/* Called with the name and the value of one figure. */
typedef void (*shs_result_report_fn)(void *baton, const char *name,
                                     const char *value);

#endif
