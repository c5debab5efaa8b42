/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batcher.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "redis/connection/batch_queue.h"
#include "base/clock.h"
#include "base/thread.h"

/* So many threads send at any time: few requests at once do not wait for each
 * other, which would cost them more than it saves the server. */
#define SENDERS 4

/* How long ago, in microseconds, the last turn must have begun before one more
 * thread sends. These bound how long a load waits behind connections that are
 * stuck. */
static const apr_interval_time_t patience[] = { 1000, 10000 };

#define MAX_SENDERS (SENDERS + (int)(sizeof(patience) / sizeof(patience[0])))

/* A thread that waits looks after this time whether its patience is over, and
 * then after twice the time, and so on. */
#define FIRST_LOOK 1000

struct shs_batcher_t {
    pthread_mutex_t lock;
    pthread_cond_t unused;
    int senders;
    int is_passing; /* a thread has the turn, but has not filled its batch */
    shs_batch_queue_t queue;
    shs_batch_item_t *free;
    apr_time_t began_at; /* the last turn of a sender */
};

shs_batcher_t *shs_batcher_create(void)
{
    shs_batcher_t *batcher = calloc(1, sizeof(*batcher));

    if (batcher) {
        shs_thread_init(&batcher->lock, &batcher->unused);
    }
    return batcher;
}

void shs_batcher_destroy(shs_batcher_t *batcher)
{
    assert(batcher->senders == 0 && !batcher->queue.first);
    while (batcher->free) {
        shs_batch_item_t *item = batcher->free;

        batcher->free = item->next;
        shs_batch_item_destroy(item);
    }
    pthread_cond_destroy(&batcher->unused);
    pthread_mutex_destroy(&batcher->lock);
    free(batcher);
}

/* With the batcher's lock. */
static void free_item(shs_batcher_t *batcher, shs_batch_item_t *item)
{
    item->place = SHS_BATCH_FREE;
    item->next = batcher->free;
    batcher->free = item;
}

void shs_batcher_release(shs_batcher_t *batcher, shs_batch_item_t *item)
{
    pthread_mutex_lock(&batcher->lock);
    free_item(batcher, item);
    pthread_mutex_unlock(&batcher->lock);
}

/* With the batcher's lock: an item that is in use nowhere; NULL without
 * memory. */
static shs_batch_item_t *take_item(shs_batcher_t *batcher)
{
    shs_batch_item_t *item = batcher->free;

    if (item) {
        batcher->free = item->next;
        return item;
    }
    return shs_batch_item_create();
}

/* With the batcher's lock: whether one more thread is to send now. Not while
 * another one is about to take all that waits. */
static int may_send(const shs_batcher_t *batcher, apr_time_t now)
{
    if (batcher->is_passing || batcher->senders >= MAX_SENDERS) {
        return 0;
    }
    return batcher->senders < SENDERS
           || now - batcher->began_at >= patience[batcher->senders - SENDERS];
}

/* With the batcher's lock, on the sender's thread: its batch is its own load
 * and those that wait now. Their threads go on waiting, so their commands are
 * there. A batch without commands, for want of memory, fails. */
static void fill_batch(shs_batcher_t *batcher, shs_batch_item_t *sender)
{
    shs_batch_item_t *at;
    int is_good = 1;

    batcher->began_at = shs_clock_now();
    batcher->is_passing = 0;
    shs_batch_queue_take(&batcher->queue, sender);
    sender->commands_len = 0;
    for (at = sender; at; at = at->next) {
        is_good = is_good && shs_batch_add_commands(sender, at->load.commands);
        if (at != sender) {
            shs_batch_set_place(at, SHS_BATCH_SENT);
        }
    }
    if (!is_good) {
        sender->commands_len = 0;
    }
}

/* With the batcher's lock: the turn goes to one of those that wait; or, if none
 * does, to the next that comes. Returns the item whose thread has to be woken.
 * It fills its batch when it runs, with all that have come by then: so until
 * then no other thread gets a turn. */
static shs_batch_item_t *pass_turn(shs_batcher_t *batcher)
{
    shs_batch_item_t *sender = shs_batch_queue_latest(&batcher->queue);

    if (!sender || batcher->is_passing) {
        --batcher->senders;
        return NULL;
    }
    shs_batch_queue_remove(&batcher->queue, sender);
    shs_batch_set_place(sender, SHS_BATCH_SENDER);
    batcher->is_passing = 1;
    return sender;
}

/* A thread has waited for long: it is the sender if one more thread is to
 * send. */
static void take_turn_if_due(shs_batcher_t *batcher, shs_batch_item_t *item,
                             apr_time_t now)
{
    pthread_mutex_lock(&batcher->lock);
    pthread_mutex_lock(&item->lock);
    if (item->place == SHS_BATCH_QUEUED && may_send(batcher, now)) {
        ++batcher->senders;
        batcher->is_passing = 1;
        shs_batch_queue_remove(&batcher->queue, item);
        item->place = SHS_BATCH_SENDER;
    }
    pthread_mutex_unlock(&item->lock);
    pthread_mutex_unlock(&batcher->lock);
}

/* The deadline of the sender passed before it began. */
static void give_up_turn(shs_batcher_t *batcher, shs_batch_item_t *item)
{
    pthread_mutex_lock(&batcher->lock);
    free_item(batcher, item);
    batcher->is_passing = 0;
    item = pass_turn(batcher);
    pthread_mutex_unlock(&batcher->lock);
    if (item) {
        pthread_cond_signal(&item->changed);
    }
}

/* The thread leaves at its deadline. Returns where its item was:
 * SHS_BATCH_QUEUED or SHS_BATCH_SENT; or another place, and then it has not
 * left. */
static shs_batch_place_t leave(shs_batcher_t *batcher, shs_batch_item_t *item)
{
    shs_batch_place_t place;

    pthread_mutex_lock(&batcher->lock);
    pthread_mutex_lock(&item->lock);
    place = item->place;
    if (place == SHS_BATCH_QUEUED) {
        shs_batch_queue_remove(&batcher->queue, item);
        free_item(batcher, item);
    }
    else if (place == SHS_BATCH_SENT) {
        item->place = SHS_BATCH_ABANDONED;
    }
    pthread_mutex_unlock(&item->lock);
    pthread_mutex_unlock(&batcher->lock);
    return place;
}

/* Waits until the item is neither in the queue nor in a batch that another
 * thread sends, or until the deadline. */
static shs_batch_place_t wait_for_change(shs_batcher_t *batcher,
                                         shs_batch_item_t *item, apr_time_t now)
{
    apr_time_t deadline = item->load.deadline;
    apr_interval_time_t pause = FIRST_LOOK;
    apr_time_t look_at = now + pause;
    shs_batch_place_t place;

    pthread_mutex_lock(&item->lock);
    for (;;) {
        int is_queued = item->place == SHS_BATCH_QUEUED;

        if ((!is_queued && item->place != SHS_BATCH_SENT)
            || shs_thread_is_late(deadline)) {
            break;
        }
        now = shs_clock_now();
        if (is_queued && now >= look_at) {
            pthread_mutex_unlock(&item->lock);
            take_turn_if_due(batcher, item, now);
            pthread_mutex_lock(&item->lock);
            pause *= 2;
            look_at += pause;
            continue;
        }
        shs_thread_wait(&item->changed, &item->lock,
                        is_queued && look_at < deadline ? look_at : deadline);
    }
    place = item->place;
    pthread_mutex_unlock(&item->lock);
    return place;
}

static shs_batcher_turn_t await(shs_batcher_result_t *result,
                                shs_batcher_t *batcher, shs_batch_item_t *item,
                                apr_time_t now)
{
    apr_time_t deadline = item->load.deadline;
    shs_batch_place_t place = wait_for_change(batcher, item, now);

    if (place == SHS_BATCH_QUEUED || place == SHS_BATCH_SENT) {
        place = leave(batcher, item);
    }
    switch (place) {
    case SHS_BATCH_QUEUED:
        return SHS_BATCHER_UNSENT;
    case SHS_BATCH_SENT:
        return SHS_BATCHER_LATE;
    case SHS_BATCH_SENDER:
        if (shs_thread_is_late(deadline)) {
            give_up_turn(batcher, item);
            return SHS_BATCHER_UNSENT;
        }
        pthread_mutex_lock(&batcher->lock);
        fill_batch(batcher, item);
        pthread_mutex_unlock(&batcher->lock);
        result->item = item;
        return SHS_BATCHER_SEND;
    case SHS_BATCH_ANSWERED:
        result->replies = item->result.replies;
        result->facts = item->result.facts;
        result->item = item;
        return SHS_BATCHER_DONE;
    default:
        shs_batcher_release(batcher, item);
        return SHS_BATCHER_FAILED;
    }
}

/* With the batcher's lock: an item for a thread that comes, in the queue unless
 * the thread sends at once. NULL without memory. */
static shs_batch_item_t *add_item(shs_batcher_t *batcher,
                                  const shs_batch_load_t *load, int is_sender)
{
    shs_batch_item_t *item = take_item(batcher);

    if (!item) {
        return NULL;
    }
    memset(&item->result, 0, sizeof(item->result));
    item->load = *load;
    item->place = is_sender ? SHS_BATCH_SENDER : SHS_BATCH_QUEUED;
    if (is_sender) {
        fill_batch(batcher, item);
    }
    else {
        shs_batch_queue_append(&batcher->queue, item);
    }
    return item;
}

/* With the batcher's lock: what a thread that comes does. *item is NULL after
 * SEND_ONE, and without memory. */
static shs_batcher_turn_t arrive(shs_batch_item_t **item,
                                 shs_batcher_t *batcher,
                                 const shs_batch_load_t *load, apr_time_t now)
{
    int is_sender = may_send(batcher, now);

    *item = NULL;
    if (is_sender && !batcher->queue.first) {
        ++batcher->senders;
        batcher->began_at = now;
        return SHS_BATCHER_SEND_ONE;
    }
    *item = add_item(batcher, load, is_sender);
    if (*item && is_sender) {
        ++batcher->senders;
    }
    return *item ? SHS_BATCHER_SEND : SHS_BATCHER_FAILED;
}

shs_batcher_turn_t shs_batcher_join(shs_batcher_result_t *result,
                                    shs_batcher_t *batcher,
                                    const shs_batch_load_t *load,
                                    apr_time_t now)
{
    shs_batch_item_t *item;
    shs_batcher_turn_t turn;
    int is_queued;

    memset(result, 0, sizeof(*result));
    pthread_mutex_lock(&batcher->lock);
    turn = arrive(&item, batcher, load, now);
    is_queued = item && item->place == SHS_BATCH_QUEUED;
    pthread_mutex_unlock(&batcher->lock);
    if (is_queued) {
        return await(result, batcher, item, now);
    }
    result->item = item;
    return turn;
}

void shs_batcher_end(shs_batcher_t *batcher)
{
    shs_batch_item_t *item;

    pthread_mutex_lock(&batcher->lock);
    item = pass_turn(batcher);
    pthread_mutex_unlock(&batcher->lock);
    if (item) {
        pthread_cond_signal(&item->changed);
    }
}

void shs_batcher_deliver(shs_batcher_t *batcher, shs_batch_item_t *first,
                         const char *octets, shs_octets_t tail,
                         const shs_batch_facts_t *facts)
{
    shs_batch_item_t *next;

    for (; first; first = next) {
        next = first->next; /* before the item may be used again */
        if (!shs_batch_deliver(first, octets, tail, facts)) {
            shs_batcher_release(batcher, first);
        }
    }
}
