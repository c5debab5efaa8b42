/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/thread.h"

shs_batch_item_t *shs_batch_item_create(void)
{
    shs_batch_item_t *item = calloc(1, sizeof(*item));

    if (item) {
        shs_thread_init(&item->lock, &item->changed);
    }
    return item;
}

void shs_batch_item_destroy(shs_batch_item_t *item)
{
    pthread_cond_destroy(&item->changed);
    pthread_mutex_destroy(&item->lock);
    if (item->parser) {
        shs_resp_destroy(item->parser);
    }
    free(item->commands);
    free(item);
}

void shs_batch_set_place(shs_batch_item_t *item, shs_batch_place_t place)
{
    pthread_mutex_lock(&item->lock);
    item->place = place;
    pthread_mutex_unlock(&item->lock);
}

int shs_batch_add_commands(shs_batch_item_t *item, shs_octets_t octets)
{
    apr_size_t len = item->commands_len + octets.len;

    if (len > item->commands_size) {
        char *room = realloc(item->commands, 2 * len);

        if (!room) {
            return 0;
        }
        item->commands = room;
        item->commands_size = 2 * len;
    }
    memcpy(item->commands + item->commands_len, octets.data, octets.len);
    item->commands_len = len;
    return 1;
}

shs_batch_item_t *shs_batch_next(const shs_batch_item_t *item)
{
    return item->next;
}

const char *shs_batch_types(const shs_batch_item_t *item)
{
    return item->load.types;
}

apr_size_t shs_batch_values(const shs_batch_item_t *item)
{
    return item->load.values;
}

shs_resp_limits_t shs_batch_limits(const shs_batch_item_t *item)
{
    return item->load.limits;
}

shs_octets_t shs_batch_commands(const shs_batch_item_t *first)
{
    shs_octets_t octets;

    octets.data = first->commands;
    octets.len = first->commands_len;
    return octets;
}

void shs_batch_set_replies(shs_batch_item_t *item, apr_size_t begin,
                           apr_size_t end)
{
    item->begin = begin;
    item->end = end;
}

shs_octets_t shs_batch_replies(const shs_batch_item_t *item, const char *octets,
                               shs_octets_t tail, apr_pool_t *p)
{
    apr_size_t own = item->end - item->begin;
    shs_octets_t replies;
    char *copy = apr_palloc(p, own + tail.len + 1);

    memcpy(copy, octets + item->begin, own);
    if (tail.len > 0) {
        memcpy(copy + own, tail.data, tail.len);
    }
    replies.data = copy;
    replies.len = own + tail.len;
    return replies;
}

int shs_batch_deliver(shs_batch_item_t *item, const char *octets,
                      shs_octets_t tail, const shs_batch_facts_t *facts)
{
    int waits;

    pthread_mutex_lock(&item->lock);
    waits = item->place == SHS_BATCH_SENT;
    if (waits && octets) {
        item->result.replies =
            shs_batch_replies(item, octets, tail, item->load.p);
        item->result.facts = *facts;
        item->place = SHS_BATCH_ANSWERED;
    }
    else if (waits) {
        item->place = SHS_BATCH_FAILED;
    }
    pthread_mutex_unlock(&item->lock);
    if (waits) {
        pthread_cond_signal(&item->changed);
    }
    return waits;
}

shs_resp_t *shs_batch_parser(shs_batch_item_t *item)
{
    if (!item->parser) {
        item->parser = shs_resp_create();
    }
    return item->parser;
}

void shs_batch_drop_parser(shs_batch_item_t *item)
{
    if (item->parser) {
        shs_resp_destroy(item->parser);
        item->parser = NULL;
    }
}
