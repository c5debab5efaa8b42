/* SPDX-License-Identifier: Apache-2.0
 *
 * batcher: puts loads of several threads together, so that one thread sends
 * them as a batch. A thread that finds fewer than four at work sends its load
 * at once, alone. Otherwise it waits in a queue. A sender that has finished
 * makes one of the waiting threads the next sender. When this thread runs, it
 * takes all loads that wait by then, sends them in one write, reads the
 * replies, and gives each thread its own. While the server takes long to reply,
 * as over a network, further threads send what waits meanwhile. This file does
 * no I/O; redis/command/pipeline/batch_io.h sends a batch.
 *
 * Numbered rules:
 *  1. A load is in one place: with its thread, in the queue, or in one batch.
 *  2. A thread waits until its own deadline and no longer. A load whose thread
 *     has left is skipped: nothing of the thread is used any more.
 *  3. A thread gets replies only after its whole batch was read and checked. A
 *     batch that fails gives no thread anything: each sends its load again,
 *     alone.
 *  4. While any load waits, a sender is at work, and ends its turn with
 *     shs_batcher_end().
 */
#ifndef SHS_REDIS_CONNECTION_BATCHER_H
#define SHS_REDIS_CONNECTION_BATCHER_H

#include "redis/connection/batch.h"

typedef struct shs_batcher_t shs_batcher_t;

typedef enum shs_batcher_turn_t {
    SHS_BATCHER_SEND_ONE, /* send this load, then call shs_batcher_end() */
    SHS_BATCHER_SEND,     /* send the batch, which contains this load, then call
                         * shs_batcher_end() and shs_batcher_deliver() */
    SHS_BATCHER_DONE,     /* the replies have come */
    SHS_BATCHER_FAILED,   /* the batch failed, or there is no memory: send this
                         * load alone; it is no longer in the batcher */
    SHS_BATCHER_UNSENT,   /* the deadline passed while it waited in the queue */
    SHS_BATCHER_LATE      /* the deadline passed after it was sent */
} shs_batcher_turn_t;

/* What became of a load. */
typedef struct shs_batcher_result_t {
    shs_batch_item_t *item;  /* SEND: the first of the batch, which is this
                              * load. DONE: for shs_batcher_release() */
    shs_octets_t replies;    /* DONE: in load->p */
    shs_batch_facts_t facts; /* DONE */
} shs_batcher_result_t;

/* NULL only without memory. It belongs to no APR pool. */
shs_batcher_t *shs_batcher_create(void);
void shs_batcher_destroy(shs_batcher_t *batcher);

/* Joins the queue, and waits until it is this thread's turn, until the replies
 * have come, or until the deadline. `now` is by shs_clock_now(). */
shs_batcher_turn_t shs_batcher_join(shs_batcher_result_t *result,
                                    shs_batcher_t *batcher,
                                    const shs_batch_load_t *load,
                                    apr_time_t now);

/* After DONE. */
void shs_batcher_release(shs_batcher_t *batcher, shs_batch_item_t *item);

/* Ends the turn of this thread: the next sender begins. */
void shs_batcher_end(shs_batcher_t *batcher);

/* After SEND: gives each other thread of the batch its replies, which are at
 * their places in `octets`, and `tail` after them. `octets` NULL: the batch
 * failed. The sender's own item, `first`, is released. */
void shs_batcher_deliver(shs_batcher_t *batcher, shs_batch_item_t *first,
                         const char *octets, shs_octets_t tail,
                         const shs_batch_facts_t *facts);

#endif
