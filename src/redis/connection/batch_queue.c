/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch_queue.h"

void shs_batch_queue_append(shs_batch_queue_t *queue, shs_batch_item_t *item)
{
    item->next = NULL;
    if (queue->last) {
        queue->last->next = item;
    }
    else {
        queue->first = item;
    }
    queue->last = item;
}

void shs_batch_queue_remove(shs_batch_queue_t *queue, shs_batch_item_t *item)
{
    shs_batch_item_t *before = NULL;
    shs_batch_item_t *at;

    for (at = queue->first; at != item; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = item->next;
    }
    else {
        queue->first = item->next;
    }
    if (queue->last == item) {
        queue->last = before;
    }
}

shs_batch_item_t *shs_batch_queue_latest(const shs_batch_queue_t *queue)
{
    shs_batch_item_t *latest = queue->first;
    shs_batch_item_t *at;

    for (at = latest; at; at = at->next) {
        if (at->load.deadline > latest->load.deadline) {
            latest = at;
        }
    }
    return latest;
}

void shs_batch_queue_take(shs_batch_queue_t *queue, shs_batch_item_t *sender)
{
    shs_batch_item_t *last = sender;
    apr_size_t octets = sender->load.commands.len;
    int count = 1;

    sender->next = queue->first;
    while (last->next && count < SHS_BATCH_QUEUE_LOADS
           && octets + last->next->load.commands.len
                  <= SHS_BATCH_QUEUE_OCTETS) {
        last = last->next;
        octets += last->load.commands.len;
        ++count;
    }
    queue->first = last->next;
    if (!queue->first) {
        queue->last = NULL;
    }
    last->next = NULL;
}
