/* SPDX-License-Identifier: Apache-2.0
 *
 * batch: loads of several threads that one of them, the sender, sends together.
 * Each load is an item; the batch is a list of items, and its first is the
 * sender's own. redis/connection/batcher.h puts batches together, and
 * redis/command/pipeline/batch_io.h sends them.
 */
#ifndef SHS_REDIS_CONNECTION_BATCH_H
#define SHS_REDIS_CONNECTION_BATCH_H

#include <pthread.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "redis/protocol/resp.h"

#define SHS_BATCH_VALUES 'v'

/* One load. Its thread lends all of it until it has its result; `types` is
 * static. */
typedef struct shs_batch_load_t {
    shs_octets_t commands;
    const char *types; /* the first octet of each reply, as in "*:"; an error
                        * may come instead. '*': an array of pairs of texts.
                        * SHS_BATCH_VALUES: an array of `values` texts or nils,
                        * as of HMGET */
    apr_size_t values;
    shs_resp_limits_t limits;
    apr_time_t deadline;
    apr_pool_t *p; /* the replies are copied to it */
} shs_batch_load_t;

/* What the sender learned, the same for all loads of its batch. */
typedef struct shs_batch_facts_t {
    apr_uint32_t run_id; /* of the server (redis/connection/run_id.h); 0: not
                          * loaded */
    int is_new_conn;
} shs_batch_facts_t;

/* The replies to a load, for its thread. */
typedef struct shs_batch_result_t {
    shs_octets_t replies; /* in load->p */
    shs_batch_facts_t facts;
} shs_batch_result_t;

/* Where a load is (batcher.h, rule 1). */
typedef enum shs_batch_place_t {
    SHS_BATCH_QUEUED,
    SHS_BATCH_SENT,      /* in a batch */
    SHS_BATCH_SENDER,    /* in a batch, and its thread is to send it */
    SHS_BATCH_ANSWERED,  /* has its replies */
    SHS_BATCH_FAILED,    /* the batch failed */
    SHS_BATCH_ABANDONED, /* its thread left while it was in a batch: the sender
                          * releases the item */
    SHS_BATCH_FREE
} shs_batch_place_t;

/* Fields are for batch.c and batcher.c alone. Items are never freed before the
 * batcher, so that a sender may touch an item whose thread has left. `lock`
 * guards `place`, and what a thread reads after it has changed. The batcher's
 * lock guards `next` of items in its queue; it is taken first. */
typedef struct shs_batch_item_t shs_batch_item_t;
struct shs_batch_item_t {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    shs_batch_place_t place;
    shs_batch_load_t load;
    apr_size_t begin, end; /* its replies in the sender's octets */
    shs_batch_result_t result;
    shs_batch_item_t *next; /* in the queue, the batch or the free list */
    shs_resp_t *parser;
    char *commands; /* of the batch that its thread sends */
    apr_size_t commands_len;
    apr_size_t commands_size;
};

/* NULL without memory. Destroyed when no thread uses it any more. */
shs_batch_item_t *shs_batch_item_create(void);
void shs_batch_item_destroy(shs_batch_item_t *item);

void shs_batch_set_place(shs_batch_item_t *item, shs_batch_place_t place);

/* Adds the octets to the commands that the item's thread is to send. Returns 0
 * without memory. */
int shs_batch_add_commands(shs_batch_item_t *item, shs_octets_t octets);

/* Gives the item's thread its replies, and `tail` after them; or, if `octets`
 * is NULL, tells it that the batch failed. Returns 0 if the thread does not
 * wait for them: it has left, or is the sender. */
int shs_batch_deliver(shs_batch_item_t *item, const char *octets,
                      shs_octets_t tail, const shs_batch_facts_t *facts);

/* ---- for the sender
 *
 * The commands of all loads, in the order of the items. */
shs_octets_t shs_batch_commands(const shs_batch_item_t *first);

/* The next item of the batch, or NULL; and what its replies are like. */
shs_batch_item_t *shs_batch_next(const shs_batch_item_t *item);
const char *shs_batch_types(const shs_batch_item_t *item);
apr_size_t shs_batch_values(const shs_batch_item_t *item);
shs_resp_limits_t shs_batch_limits(const shs_batch_item_t *item);

/* Where the item's replies are in the octets that were read. */
void shs_batch_set_replies(shs_batch_item_t *item, apr_size_t begin,
                           apr_size_t end);

/* A copy of the replies of an item, and of `tail` after them. */
shs_octets_t shs_batch_replies(const shs_batch_item_t *item, const char *octets,
                               shs_octets_t tail, apr_pool_t *p);

/* ---- for an item's own thread
 *
 * The parser that an item has, until the item is released; NULL without memory.
 * A parser that was not drained must be dropped. */
shs_resp_t *shs_batch_parser(shs_batch_item_t *item);
void shs_batch_drop_parser(shs_batch_item_t *item);

#endif
