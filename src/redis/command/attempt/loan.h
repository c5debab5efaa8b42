/* SPDX-License-Identifier: Apache-2.0
 *
 * loan: one attempt's use of a pooled connection to the server of a permit:
 * which of them may be used, and whether it goes back to the pool.
 */
#ifndef SHS_REDIS_COMMAND_ATTEMPT_LOAN_H
#define SHS_REDIS_COMMAND_ATTEMPT_LOAN_H

#include "redis/command/attempt/permit.h"

typedef struct shs_loan_t {
    shs_conn_t *conn; /* NULL: there is none */
    int is_new_conn;  /* it was opened for this loan */
    apr_time_t began_at;
    apr_time_t sent_at; /* when the connection was there */
} shs_loan_t;

/* Borrows a connection by the deadline, which is the operation's or earlier.
 * OK, or another status and *reason. `now` is by shs_clock_now(). */
shs_conn_status_t shs_loan_begin(shs_loan_t *loan, const shs_permit_t *permit,
                                 const shs_operation_t *operation,
                                 apr_time_t now, apr_time_t deadline,
                                 const char **reason);

/* Whether the next function sends a command. */
int shs_loan_lacks_run_id(const shs_loan_t *loan,
                          const shs_operation_t *operation);

/* Loads the server's run id, once for each connection, and only while tracking
 * is active: the near-cache keeps a reply only of the server that is tracked.
 * Called after a reply, which counts whatever comes of it. Returns 0 if the
 * connection must be closed: it broke, or it is old and leads to another server
 * than the one that is tracked. A new one that does is reported to the
 * tracker. */
int shs_loan_load_run_id(shs_loan_t *loan, const shs_operation_t *operation);

/* Ends the loan. `status` is that of the last command; `is_conn_good`: the
 * connection goes back to its pool. */
void shs_loan_end(shs_loan_t *loan, const shs_permit_t *permit,
                  shs_conn_status_t status, int is_conn_good);

/* The same after a batch that failed: the connection is closed. */
void shs_loan_end_failed_batch(shs_loan_t *loan, const shs_permit_t *permit,
                               const shs_operation_t *operation,
                               shs_conn_status_t status);

#endif
