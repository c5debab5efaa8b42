/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_queue: the items that wait for a sender, oldest first, and which of
 * them make a batch. No locks, no clock: the caller has both.
 */
#ifndef SHS_REDIS_CONNECTION_BATCH_QUEUE_H
#define SHS_REDIS_CONNECTION_BATCH_QUEUE_H

#include "redis/connection/batch.h"

/* The most loads of a batch, and the most octets of their commands, unless the
 * first alone has more. */
#define SHS_BATCH_QUEUE_LOADS  64
#define SHS_BATCH_QUEUE_OCTETS 65536

/* Zeroed memory is an empty queue. An item is in one queue at most, linked by
 * its `next`. */
typedef struct shs_batch_queue_t {
    shs_batch_item_t *first;
    shs_batch_item_t *last;
} shs_batch_queue_t;

void shs_batch_queue_append(shs_batch_queue_t *queue, shs_batch_item_t *item);

/* Removes an item that is in the queue. */
void shs_batch_queue_remove(shs_batch_queue_t *queue, shs_batch_item_t *item);

/* The item with the latest deadline; NULL: the queue is empty. Its thread is
 * the sender, so that the batch does not end by the deadline while another
 * thread has time left. */
shs_batch_item_t *shs_batch_queue_latest(const shs_batch_queue_t *queue);

/* Takes from the front of the queue what a batch has room for beside the
 * sender, which is not in the queue. They are linked behind the sender. */
void shs_batch_queue_take(shs_batch_queue_t *queue, shs_batch_item_t *sender);

#endif
