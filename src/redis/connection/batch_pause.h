/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_pause: for how long no batch is sent to a server, after one that failed
 * or a reply that was slow. Any thread may call it at any time.
 */
#ifndef SHS_REDIS_CONNECTION_BATCH_PAUSE_H
#define SHS_REDIS_CONNECTION_BATCH_PAUSE_H

#include <stdatomic.h>

#include <apr_time.h>

/* Zeroed memory is valid: there is no pause. */
typedef struct shs_batch_pause_t {
    _Atomic apr_int64_t until; /* by shs_clock_now() */
    atomic_int failures;       /* pauses after failures, in a row */
    atomic_int is_slow;        /* the pause goes on until a reply is quick */
} shs_batch_pause_t;

int shs_batch_pause_is_over(const shs_batch_pause_t *pause, apr_time_t now);

/* A batch has failed. The pause is one second; if the first batch after it
 * fails too, two seconds, and so on up to a minute. Batches that were under
 * way fail during the pause, which does not make it longer. */
void shs_batch_pause_note_failure(shs_batch_pause_t *pause, apr_time_t now);

/* A batch has ended well: the next pause is one second again. */
void shs_batch_pause_note_success(shs_batch_pause_t *pause);

/* A reply was slow: at least a second of pause is left, and the pause goes on
 * until a reply is quick after that. Otherwise the first loads after a silence
 * would wait in vain for each other, each time. */
void shs_batch_pause_note_slow(shs_batch_pause_t *pause, apr_time_t now);

/* A reply was quick. */
void shs_batch_pause_note_quick(shs_batch_pause_t *pause, apr_time_t now);

#endif
