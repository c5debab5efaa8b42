/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batcher.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <pthread.h>
#include <sys/syscall.h>

#include "redis/connection/batch_queue.h"
#include "base/clock.h"
#include "unit.h"

#define NOT_BACK (-1)

/* Deadlines: that of all threads that are to be in no hurry; in ms. */
#define LONG 0

static const shs_octets_t no_tail = { "", 0 };
static shs_batcher_t *batcher;
static apr_time_t long_deadline;

/* ----------------------------------------------------------------- threads */

/* A thread that loads its name. Whatever it lends the batcher is freed as soon
 * as it is back: AddressSanitizer finds what is used later. */
typedef struct loader_t {
    pthread_t thread;
    const char *name;
    apr_size_t size; /* of its commands: the name, and dots */
    apr_time_t deadline;
    _Atomic int tid;
    _Atomic int turn;
    shs_batcher_result_t result;
    char replies[64];
    apr_time_t back_at;
} loader_t;

/* With an allocator of its own, so that all its memory is freed with it. */
static apr_pool_t *own_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *own;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&own, NULL, NULL, allocator);
    apr_allocator_owner_set(allocator, own);
    return own;
}

static void *run_loader(void *data)
{
    loader_t *loader = data;
    shs_batch_load_t *load = calloc(1, sizeof(*load));
    char *commands = malloc(loader->size);
    shs_batcher_turn_t turn;

    loader->tid = (int)syscall(SYS_gettid);
    memset(commands, '.', loader->size);
    memcpy(commands, loader->name, strlen(loader->name));
    load->commands.data = commands;
    load->commands.len = loader->size;
    load->types = "$:";
    load->limits.octets = loader->size;
    load->limits.elements = 7;
    load->deadline = loader->deadline;
    load->p = own_pool();
    turn = shs_batcher_join(&loader->result, batcher, load, shs_clock_now());
    loader->back_at = shs_clock_now();
    if (turn == SHS_BATCHER_DONE) {
        memcpy(loader->replies, loader->result.replies.data,
               loader->result.replies.len);
        shs_batcher_release(batcher, loader->result.item);
    }
    apr_pool_destroy(load->p);
    free(commands);
    free(load);
    loader->turn = (int)turn;
    return NULL;
}

static loader_t *start(const char *name, apr_size_t size, int ms)
{
    loader_t *loader = apr_pcalloc(p, sizeof(*loader));

    loader->name = name;
    loader->size = size;
    loader->deadline = ms == LONG ? long_deadline : unit_in_ms(ms);
    loader->turn = NOT_BACK;
    ck_assert(!pthread_create(&loader->thread, NULL, run_loader, loader));
    unit_await(loader->tid != 0, "the thread does not begin");
    return loader;
}

/* A thread that waits in the queue. */
static loader_t *queue(const char *name, int ms)
{
    loader_t *loader = start(name, strlen(name), ms);

    unit_await_sleeper(loader->tid);
    return loader;
}

static loader_t *queue_sized(const char *name, apr_size_t size)
{
    loader_t *loader = start(name, size, LONG);

    unit_await_sleeper(loader->tid);
    return loader;
}

static void await_back(loader_t *loader)
{
    unit_await(loader->turn != NOT_BACK, "%s is not back", loader->name);
    pthread_join(loader->thread, NULL);
}

static void finish(loader_t *loader, shs_batcher_turn_t turn)
{
    await_back(loader);
    ck_assert_msg(loader->turn == (int)turn, "%s: turn %d, not %d",
                  loader->name, (int)loader->turn, (int)turn);
}

static void ck_waits(loader_t *loader)
{
    unit_await_sleeper(loader->tid);
    ck_assert_msg(loader->turn == NOT_BACK, "%s: turn %d", loader->name,
                  (int)loader->turn);
}

static void ck_done(loader_t *loader, const char *replies)
{
    finish(loader, SHS_BATCHER_DONE);
    ck_assert_msg(!strcmp(loader->replies, replies), "%s: %s, not %s",
                  loader->name, loader->replies, replies);
}

/* ------------------------------------------------------- what a sender does */

/* This thread joins; it never has to wait, and its deadline is the latest. */
static shs_batcher_turn_t join(shs_batcher_result_t *result, apr_time_t now)
{
    shs_batch_load_t load;

    memset(&load, 0, sizeof(load));
    load.commands = OCTETS("me");
    load.types = "*";
    load.deadline = unit_in_ms(60000);
    load.p = p;
    return shs_batcher_join(result, batcher, &load, now);
}

static void end_one(void)
{
    shs_batcher_end(batcher);
}

/* Further senders, as many as there may be. */
static int extra;

static void end_extra(void)
{
    for (; extra > 0; extra--) {
        end_one();
    }
}

static void begin_one(void)
{
    shs_batcher_result_t result;

    end_extra();
    ck_assert_int_eq(join(&result, shs_clock_now()), SHS_BATCHER_SEND_ONE);
    ck_assert_ptr_null(result.item);
}

/* This thread sends. Its turn begins in the future, so no thread finds that it
 * is long at work. */
static void hold_one(void)
{
    shs_batcher_result_t result;

    ck_assert_int_eq(join(&result, shs_clock_now() + apr_time_from_sec(100)),
                     SHS_BATCHER_SEND_ONE);
}

/* As many threads send as may: what comes from now on waits until one ends, and
 * no thread that waits for long becomes a sender. */
static void hold(void)
{
    shs_batcher_result_t result;

    end_extra();
    hold_one();
    for (extra = 0; extra < 2; extra++) {
        ck_assert_int_eq(
            join(&result,
                 shs_clock_now() + apr_time_from_sec(200 + 100 * extra)),
            SHS_BATCHER_SEND_ONE);
    }
}

/* As many threads as send at any time, but for one, are at work during each
 * test. So one more sends alone at once, and those that come after it wait.
 * They have read the clock before another thread took its turn. */
#define OTHERS 3

static void make_batcher(void)
{
    shs_batcher_result_t result;
    int i;

    long_deadline = unit_in_ms(30000);
    extra = 0;
    batcher = shs_batcher_create();
    ck_assert_ptr_nonnull(batcher);
    for (i = 0; i < OTHERS; i++) {
        ck_assert_int_eq(join(&result, shs_clock_now() - i),
                         SHS_BATCHER_SEND_ONE);
    }
}

static void free_batcher(void)
{
    int i;

    for (i = 0; i < OTHERS + extra; i++) {
        end_one();
    }
    shs_batcher_destroy(batcher);
}

/* The batch that the thread is to send. */
static shs_batch_item_t *batch_of(loader_t *loader)
{
    finish(loader, SHS_BATCHER_SEND);
    ck_assert_ptr_nonnull(loader->result.item);
    return loader->result.item;
}

static void ck_commands(const shs_batch_item_t *first, const char *wanted)
{
    ck_octets_eq(shs_batch_commands(first), unit_text(wanted), "the commands");
}

static int count(const shs_batch_item_t *item)
{
    int items = 0;

    for (; item; item = shs_batch_next(item)) {
        items++;
    }
    return items;
}

/* The replies are "<0>" to the first, "<1>" to the next, and so on. */
static void answer_with(shs_batch_item_t *first, const char *tail,
                        const shs_batch_facts_t *facts)
{
    apr_size_t size = 8 * (apr_size_t)count(first);
    char *octets = calloc(1, size);
    shs_octets_t behind = unit_text(tail);
    shs_batch_item_t *item;
    apr_size_t at = 0;
    int i = 0;

    for (item = first; item; item = shs_batch_next(item)) {
        apr_size_t len = (apr_size_t)apr_snprintf(octets + at, 8, "<%d>", i++);

        shs_batch_set_replies(item, at, at + len);
        at += len;
    }
    shs_batcher_end(batcher);
    shs_batcher_deliver(batcher, first, octets, behind, facts);
    free(octets);
}

static void answer(shs_batch_item_t *first)
{
    shs_batch_facts_t facts = { 0, 0 };

    answer_with(first, "", &facts);
}

static void fail_batch(shs_batch_item_t *first)
{
    shs_batch_facts_t facts = { 0, 0 };

    shs_batcher_end(batcher);
    shs_batcher_deliver(batcher, first, NULL, no_tail, &facts);
}

/* ------------------------------------------------------------------- turns */

START_TEST(batcher_join__a_thread_that_comes_alone_sends_alone_without_waiting)
{
    int i;

    for (i = 0; i < 3; i++) {
        apr_time_t began = shs_clock_now();

        begin_one();
        ck_assert_int_le(shs_clock_now() - began,
                         unit_slack_ms() * (apr_time_t)1000);
        end_one();
    }
}
END_TEST

START_TEST(batcher_join__those_that_come_meanwhile_are_one_batch)
{
    loader_t *loaders[5];
    const shs_batch_item_t *item;
    shs_batch_item_t *first;
    int i;

    hold();
    for (i = 0; i < 5; i++) {
        loaders[i] = queue(apr_psprintf(p, "load %d;", i), LONG);
    }
    end_one();
    first = batch_of(loaders[0]);
    ck_commands(first, "load 0;load 1;load 2;load 3;load 4;");
    ck_assert_int_eq(count(first), 5);
    for (item = first; item; item = shs_batch_next(item)) {
        ck_assert_str_eq(shs_batch_types(item), "$:");
        ck_assert_uint_eq(shs_batch_limits(item).octets, strlen("load 0;"));
        ck_assert_uint_eq(shs_batch_limits(item).elements, 7);
    }
    for (i = 1; i < 5; i++) {
        ck_waits(loaders[i]);
    }
    answer(first);
    for (i = 1; i < 5; i++) {
        ck_done(loaders[i], apr_psprintf(p, "<%d>", i));
    }
    begin_one();
    end_one();
}
END_TEST

START_TEST(batcher_join__those_that_come_during_a_batch_are_the_next)
{
    shs_batch_item_t *first;
    loader_t *a, *b, *c, *d;

    hold();
    a = queue("a", LONG);
    b = queue("b", LONG);
    end_one();
    first = batch_of(a);
    c = queue("c", LONG);
    d = queue("d", LONG);
    ck_commands(first, "ab");
    answer(first);
    ck_done(b, "<1>");
    first = batch_of(c);
    ck_commands(first, "cd");
    answer(first);
    ck_done(d, "<1>");
}
END_TEST

START_TEST(batcher_join__a_single_load_that_waited_is_a_batch_too)
{
    loader_t *a;

    hold();
    a = queue("a", LONG);
    end_one();
    ck_commands(batch_of(a), "a");
    ck_assert_int_eq(count(a->result.item), 1);
    answer(a->result.item);
}
END_TEST

/* Whenever it came: the batch does not end by a deadline while a thread of it
 * has more time. */
START_TEST(batcher_join__the_thread_with_the_latest_deadline_sends)
{
    static const char *const orders[] = { "abc", "bac", "cab" };
    loader_t *loaders[3];
    int i;

    hold();
    for (i = 0; i < 3; i++) {
        loaders[i] =
            queue(apr_pstrmemdup(p, &"abc"[i], 1), i == _i ? LONG : 20000);
    }
    end_one();
    ck_commands(batch_of(loaders[_i]), orders[_i]);
    answer(loaders[_i]->result.item);
    ck_done(loaders[_i == 0], "<1>");
    ck_done(loaders[_i == 2 ? 1 : 2], "<2>");
}
END_TEST

/* A thread that comes when the sender is long at work takes all that wait. */
START_TEST(batcher_join__another_thread_sends_if_the_first_is_long_at_work)
{
    shs_batcher_result_t second;
    loader_t *a, *b;

    hold_one();
    a = queue("a", LONG);
    b = queue("b", LONG);
    ck_assert_int_eq(join(&second, shs_clock_now() + apr_time_from_sec(200)),
                     SHS_BATCHER_SEND);
    ck_commands(second.item, "meab");
    ck_assert_str_eq(shs_batch_types(second.item), "*");
    if (_i) {
        end_one();
        answer(second.item);
    }
    else {
        answer(second.item);
        end_one();
    }
    ck_done(a, "<1>");
    ck_done(b, "<2>");
    begin_one();
    end_one();
}
END_TEST

START_TEST(batcher_join__another_thread_sends_alone_if_no_other_waits)
{
    shs_batcher_result_t second;
    loader_t *a;

    hold_one();
    ck_assert_int_eq(join(&second, shs_clock_now() + apr_time_from_sec(200)),
                     SHS_BATCHER_SEND_ONE);
    a = queue("a", LONG);
    end_one();
    answer(batch_of(a));
    end_one();
    begin_one();
    end_one();
}
END_TEST

static int is_sender(const loader_t *loader)
{
    return loader->turn == SHS_BATCHER_SEND
           || loader->turn == SHS_BATCHER_SEND_ONE;
}

static void end_turn(loader_t *loader)
{
    if (loader->turn == SHS_BATCHER_SEND) {
        fail_batch(loader->result.item);
    }
    else {
        end_one();
    }
}

/* It waits for some milliseconds, not until the deadline, and no other thread
 * need come for that: not even if so many senders are stuck. */
START_TEST(batcher_join__no_load_waits_long_behind_a_sender_that_is_stuck)
{
    loader_t *stuck[2];
    int i;

    begin_one();
    for (i = 0; i < _i; i++) {
        stuck[i] = start("x", 1, LONG);
        await_back(stuck[i]);
        ck_assert(is_sender(stuck[i]));
        ck_assert_int_le(stuck[i]->back_at,
                         long_deadline - apr_time_from_sec(15));
    }
    end_one();
    while (--i >= 0) {
        end_turn(stuck[i]);
    }
}
END_TEST

/* ... and not each becomes a sender. */
START_TEST(batcher_join__there_are_few_senders_at_once)
{
    loader_t *loaders[12];
    int senders = 0;
    int i;

    begin_one();
    for (i = 0; i < 12; i++) {
        loaders[i] = start("x", 1, 1000);
        unit_await_sleeper(loaders[i]->tid);
        unit_let_pass(unit_in_ms(30));
    }
    for (i = 0; i < 12; i++) {
        await_back(loaders[i]);
        senders += is_sender(loaders[i]);
    }
    ck_assert_int_ge(senders, 1);
    ck_assert_int_le(senders, 2);
    for (i = 0; i < 12; i++) {
        if (is_sender(loaders[i])) {
            end_turn(loaders[i]);
        }
    }
    end_one();
}
END_TEST

/* ------------------------------------------------------------------- limits */

START_TEST(batcher_join__a_batch_has_at_most_so_many_loads)
{
    loader_t *loaders[SHS_BATCH_QUEUE_LOADS + 3];
    shs_batch_item_t *first;
    int i;

    hold();
    for (i = 0; i < SHS_BATCH_QUEUE_LOADS + 3; i++) {
        loaders[i] = start(apr_psprintf(p, "%d ", i), 4, LONG);
        unit_await_sleeper(loaders[i]->tid);
    }
    end_one();
    first = batch_of(loaders[0]);
    ck_assert_int_eq(count(first), SHS_BATCH_QUEUE_LOADS);
    ck_assert_uint_eq(shs_batch_commands(first).len, SHS_BATCH_QUEUE_LOADS * 4);
    answer(first);
    for (i = 1; i < SHS_BATCH_QUEUE_LOADS; i++) {
        ck_done(loaders[i], apr_psprintf(p, "<%d>", i));
    }
    first = batch_of(loaders[SHS_BATCH_QUEUE_LOADS]);
    ck_assert_int_eq(count(first), 3);
    answer(first);
    ck_done(loaders[SHS_BATCH_QUEUE_LOADS + 1], "<1>");
    ck_done(loaders[SHS_BATCH_QUEUE_LOADS + 2], "<2>");
}
END_TEST

static const struct {
    int sizes[3];
    int counts[3]; /* of the batches */
    const char *why;
} octet_limits[] = {
    { { 30000, 30000, 30000 }, { 2, 1, 0 }, "a third would be too much" },
    { { 30000, SHS_BATCH_QUEUE_OCTETS - 30000, 1 }, { 2, 1, 0 }, "exactly" },
    { { 30000, SHS_BATCH_QUEUE_OCTETS - 29999, 1 }, { 1, 2, 0 }, "by one" },
    { { 100000, 1, 1 }, { 1, 2, 0 }, "the first alone has more" },
    { { 1, 100000, 1 }, { 1, 1, 1 }, "so has the second" },
    { { SHS_BATCH_QUEUE_OCTETS, 1, 1 }, { 1, 2, 0 }, "the first has as many" },
};

START_TEST(batcher_join__a_batch_has_at_most_so_many_octets)
{
    loader_t *loaders[3];
    int at = 0;
    int batch, i;

    hold();
    for (i = 0; i < 3; i++) {
        loaders[i] = queue_sized(apr_psprintf(p, "%d", i),
                                 (apr_size_t)octet_limits[_i].sizes[i]);
    }
    end_one();
    for (batch = 0; at < 3; batch++) {
        shs_batch_item_t *first = batch_of(loaders[at]);
        shs_octets_t commands = shs_batch_commands(first);
        apr_size_t len = 0;

        ck_assert_msg(count(first) == octet_limits[_i].counts[batch], "%s",
                      octet_limits[_i].why);
        for (i = 0; i < octet_limits[_i].counts[batch]; i++) {
            ck_assert_int_eq(commands.data[len], '0' + at + i);
            len += (apr_size_t)octet_limits[_i].sizes[at + i];
        }
        ck_assert_uint_eq(commands.len, len);
        answer(first);
        for (i = 1; i < octet_limits[_i].counts[batch]; i++) {
            ck_done(loaders[at + i], apr_psprintf(p, "<%d>", i));
        }
        at += octet_limits[_i].counts[batch];
    }
}
END_TEST

/* ------------------------------------------------------------------ replies */

START_TEST(batcher_deliver__gives_each_load_its_own_replies_and_the_tail)
{
    shs_batch_facts_t facts = { 99, 1 };
    shs_batch_item_t *first;
    loader_t *a, *b, *c;

    hold();
    a = queue("a", LONG);
    b = queue("b", LONG);
    c = queue("c", LONG);
    end_one();
    first = batch_of(a);
    answer_with(first, "tail", &facts);
    ck_done(b, "<1>tail");
    ck_done(c, "<2>tail");
    ck_assert_int_eq((int)c->result.facts.run_id, 99);
    ck_assert_int_eq(c->result.facts.is_new_conn, 1);
}
END_TEST

/* Wherever they are in the octets. */
START_TEST(batcher_deliver__takes_the_places_that_the_sender_has_set)
{
    shs_batch_facts_t facts = { 0, 0 };
    shs_batch_item_t *first, *second, *third;
    shs_octets_t octets = unit_text("ccc-bb-a");
    loader_t *a, *b, *c;

    hold();
    a = queue("a", LONG);
    b = queue("b", LONG);
    c = queue("c", LONG);
    end_one();
    first = batch_of(a);
    second = shs_batch_next(first);
    third = shs_batch_next(second);
    shs_batch_set_replies(first, 7, 8);
    shs_batch_set_replies(third, 0, 3);
    shs_batch_set_replies(second, 4, 6);
    ck_octets_eq(shs_batch_replies(first, octets.data, OCTETS("+t"), p),
                 OCTETS("a+t"), "the sender's own");
    ck_octets_eq(shs_batch_replies(second, octets.data, no_tail, p),
                 OCTETS("bb"), "no tail");
    shs_batcher_end(batcher);
    shs_batcher_deliver(batcher, first, octets.data, no_tail, &facts);
    ck_done(b, "bb");
    ck_done(c, "ccc");
}
END_TEST

START_TEST(batcher_deliver__gives_nothing_of_a_batch_that_failed)
{
    shs_batch_item_t *first;
    loader_t *a, *b, *c, *d;

    hold();
    a = queue("a", LONG);
    b = queue("b", LONG);
    c = queue("c", LONG);
    end_one();
    first = batch_of(a);
    d = queue("d", LONG);
    /* Some replies had come. */
    shs_batch_set_replies(first, 0, 5);
    shs_batch_set_replies(shs_batch_next(first), 5, 8);
    fail_batch(first);
    finish(b, SHS_BATCHER_FAILED);
    finish(c, SHS_BATCHER_FAILED);
    ck_assert_ptr_null(b->result.item);
    ck_assert_uint_eq(b->result.replies.len, 0);
    /* The next batch has none of them. */
    first = batch_of(d);
    ck_commands(first, "d");
    ck_assert_int_eq(count(first), 1);
    fail_batch(first);
    begin_one();
    end_one();
}
END_TEST

/* ---------------------------------------------------------------- deadlines */

static void ck_in_time(const loader_t *loader)
{
    ck_assert_int_ge(loader->back_at, loader->deadline);
    ck_assert_int_le(loader->back_at,
                     loader->deadline + unit_slack_ms() * (apr_time_t)1000);
}

/* Whichever of those that wait it is. */
START_TEST(batcher_join__a_thread_leaves_the_queue_at_its_deadline)
{
    static const char *const left[] = { "bc", "ac", "ab" };
    loader_t *loaders[3];
    shs_batch_item_t *first;
    int i;

    hold();
    for (i = 0; i < 3; i++) {
        loaders[i] =
            queue(apr_pstrmemdup(p, &"abc"[i], 1), i == _i ? 60 : LONG);
    }
    finish(loaders[_i], SHS_BATCHER_UNSENT);
    ck_in_time(loaders[_i]);
    end_one();
    first = batch_of(loaders[_i == 0]);
    ck_commands(first, left[_i]);
    answer(first);
    ck_done(loaders[_i == 2 ? 1 : 2], "<1>");
}
END_TEST

/* Also the only one; and one whose deadline has passed before it came. */
START_TEST(batcher_join__the_last_thread_that_leaves_leaves_an_empty_queue)
{
    loader_t *a, *b;

    hold();
    a = start("a", 1, 30);
    b = start("b", 1, -1000);
    finish(b, SHS_BATCHER_UNSENT);
    finish(a, SHS_BATCHER_UNSENT);
    end_one();
    hold();
    a = queue("c", LONG);
    end_one();
    ck_commands(batch_of(a), "c");
    answer(a->result.item);
}
END_TEST

/* The sender neither waits for it nor touches anything of it. */
START_TEST(batcher_join__a_thread_leaves_a_batch_at_its_deadline)
{
    shs_batch_item_t *first;
    loader_t *a, *b, *c;

    hold();
    a = queue("a", LONG);
    b = queue("b", 200 + unit_slack_ms());
    c = queue("c", LONG);
    end_one();
    first = batch_of(a);
    ck_commands(first, "abc");
    finish(b, SHS_BATCHER_LATE);
    ck_in_time(b);
    /* Its place in the batch stays. */
    ck_assert_int_eq(count(first), 3);
    ck_assert_str_eq(shs_batch_types(shs_batch_next(first)), "$:");
    if (_i) {
        fail_batch(first);
        finish(c, SHS_BATCHER_FAILED);
    }
    else {
        answer(first);
        ck_done(c, "<2>");
    }
    begin_one();
    end_one();
}
END_TEST

START_TEST(batcher_deliver__all_threads_but_the_sender_may_have_left)
{
    loader_t *loaders[8];
    shs_batch_item_t *first;
    int i;

    hold();
    for (i = 0; i < 8; i++) {
        loaders[i] = queue("x", i ? 150 + unit_slack_ms() : 30000);
    }
    end_one();
    first = batch_of(loaders[0]);
    for (i = 1; i < 8; i++) {
        finish(loaders[i], SHS_BATCHER_LATE);
    }
    answer(first);
}
END_TEST

/* A signal keeps a thread that waits from going on. */
static _Atomic int frozen[2]; /* threads; 0: none */

static void freeze(int signal)
{
    int tid = (int)syscall(SYS_gettid);

    (void)signal;
    while (frozen[0] == tid || frozen[1] == tid) {
        unit_let_pass(unit_in_ms(1));
    }
}

static void freeze_thread(int nth, const loader_t *loader)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = freeze;
    sigaction(SIGUSR1, &action, NULL);
    frozen[nth] = loader->tid;
    pthread_kill(loader->thread, SIGUSR1);
    ck_assert_int_lt(shs_clock_now(), loader->deadline);
}

/* Its turn comes before its deadline, and the thread finds out after it. */
START_TEST(batcher_join__a_sender_past_its_deadline_gives_the_turn_to_the_next)
{
    loader_t *a, *b, *c;

    hold();
    a = queue("a", 250 + unit_slack_ms());
    freeze_thread(0, a);
    end_one();
    b = queue("b", LONG);
    c = queue("c", LONG);
    unit_let_pass(a->deadline + 1000);
    ck_waits(b);
    frozen[0] = 0;
    finish(a, SHS_BATCHER_UNSENT);
    ck_commands(batch_of(b), "bc");
    answer(b->result.item);
    ck_done(c, "<1>");
}
END_TEST

/* Two threads find out late that their deadline has passed: the one whose turn
 * it is, and one that waits. */
START_TEST(batcher_join__those_that_wait_for_such_a_sender_are_the_next_batch)
{
    loader_t *a, *b, *c, *d;

    hold();
    a = queue("a", 300 + unit_slack_ms());
    b = queue("b", 200 + unit_slack_ms());
    c = queue("c", 200 + unit_slack_ms());
    freeze_thread(0, a);
    freeze_thread(1, b);
    end_one();
    d = queue("d", LONG);
    unit_let_pass(a->deadline + 1000);
    finish(c, SHS_BATCHER_UNSENT);
    frozen[0] = 0;
    finish(a, SHS_BATCHER_UNSENT);
    /* Of b and d, d has more time, and sends both. */
    ck_commands(batch_of(d), "db");
    frozen[1] = 0;
    finish(b, SHS_BATCHER_LATE);
    answer(d->result.item);
}
END_TEST

/* The next sender takes what waits when its thread runs. Until then no thread
 * sends at once. */
START_TEST(batcher_join__a_sender_takes_those_that_came_until_it_runs)
{
    loader_t *a, *b, *c;

    hold_one();
    a = queue("a", LONG);
    b = queue("b", 20000);
    freeze_thread(0, a);
    end_one();
    end_one(); /* one more has finished, so fewer are at work */
    c = queue("c", LONG);
    ck_waits(b);
    frozen[0] = 0;
    ck_commands(batch_of(a), "abc");
    answer(a->result.item);
    ck_done(b, "<1>");
    ck_done(c, "<2>");
    begin_one();
}
END_TEST

START_TEST(batcher_join__such_a_sender_may_be_the_only_one)
{
    loader_t *a;

    hold();
    a = queue("a", 250 + unit_slack_ms());
    freeze_thread(0, a);
    end_one();
    unit_let_pass(a->deadline + 1000);
    frozen[0] = 0;
    finish(a, SHS_BATCHER_UNSENT);
    begin_one();
    end_one();
}
END_TEST

/* ------------------------------------------------------------------- stress */

#define USERS 16

typedef struct user_t {
    pthread_t thread;
    int nth;
    unsigned int random;
    int strangers;
    int turns[SHS_BATCHER_LATE + 1];
} user_t;

static int one_of(user_t *user, int count_)
{
    user->random = user->random * 1103515245u + 12345u;
    return (int)(user->random >> 16) % count_;
}

/* The reply to each command, 8 octets, is the same 8 octets. Sometimes the
 * server is slow, sometimes it closes the connection. */
static void send_batch(user_t *user, shs_batch_item_t *first)
{
    shs_batch_facts_t facts = { 2, 0 };
    shs_octets_t commands = shs_batch_commands(first);
    char *octets = malloc(commands.len);
    shs_batch_item_t *item;
    apr_size_t at = 0;

    memcpy(octets, commands.data, commands.len);
    for (item = first; item; item = shs_batch_next(item), at += 8) {
        shs_batch_set_replies(item, at, at + 8);
    }
    if (at != commands.len) {
        user->strangers++;
    }
    unit_let_pass(shs_clock_now()
                  + one_of(user, one_of(user, 20) ? 100 : 3000));
    shs_batcher_end(batcher);
    shs_batcher_deliver(batcher, first, one_of(user, 10) ? octets : NULL,
                        no_tail, &facts);
    free(octets);
}

static void load_once(user_t *user, int round)
{
    shs_batcher_result_t result;
    shs_batch_load_t load;
    shs_batcher_turn_t turn;
    char name[16];

    apr_snprintf(name, sizeof(name), "%02d-%05d", user->nth, round);
    memset(&load, 0, sizeof(load));
    load.commands.data = name;
    load.commands.len = 8;
    load.types = "$";
    load.p = own_pool();
    load.deadline =
        shs_clock_now() + one_of(user, one_of(user, 3) ? 100000 : 600);
    turn = shs_batcher_join(&result, batcher, &load, shs_clock_now());
    user->turns[turn]++;
    if (turn == SHS_BATCHER_SEND_ONE) {
        unit_let_pass(shs_clock_now() + one_of(user, 200));
        shs_batcher_end(batcher);
    }
    else if (turn == SHS_BATCHER_SEND) {
        if (memcmp(shs_batch_commands(result.item).data, name, 8) != 0) {
            user->strangers++;
        }
        send_batch(user, result.item);
    }
    else if (turn == SHS_BATCHER_DONE) {
        if (result.replies.len != 8 || memcmp(result.replies.data, name, 8)) {
            user->strangers++;
        }
        shs_batcher_release(batcher, result.item);
    }
    memset(name, '!', sizeof(name));
    apr_pool_destroy(load.p);
}

static void *run_user(void *data)
{
    user_t *user = data;
    int rounds = getenv("SHS_STRESS_SECONDS") ? 20000 : 1000;
    int i;

    for (i = 0; i < rounds; i++) {
        load_once(user, i);
    }
    return NULL;
}

START_TEST(batcher_join__gives_no_thread_the_replies_of_another)
{
    user_t users[USERS];
    int turns[SHS_BATCHER_LATE + 1] = { 0 };
    int i, turn;

    memset(users, 0, sizeof(users));
    for (i = 0; i < USERS; i++) {
        users[i].nth = i;
        users[i].random = (unsigned int)i;
        ck_assert(!pthread_create(&users[i].thread, NULL, run_user, &users[i]));
    }
    for (i = 0; i < USERS; i++) {
        pthread_join(users[i].thread, NULL);
        ck_assert_int_eq(users[i].strangers, 0);
        for (turn = 0; turn <= SHS_BATCHER_LATE; turn++) {
            turns[turn] += users[i].turns[turn];
        }
    }
    /* All that may happen has happened. */
    for (turn = SHS_BATCHER_SEND; turn <= SHS_BATCHER_LATE; turn++) {
        ck_assert_msg(turns[turn] > 0, "no thread got turn %d", turn);
    }
}
END_TEST

static void add_deadlines(TCase *tc)
{
    tcase_add_loop_test(
        tc, batcher_join__a_thread_leaves_the_queue_at_its_deadline, 0, 3);
    tcase_add_test(
        tc, batcher_join__the_last_thread_that_leaves_leaves_an_empty_queue);
    tcase_add_loop_test(
        tc, batcher_join__a_thread_leaves_a_batch_at_its_deadline, 0, 2);
    tcase_add_test(tc,
                   batcher_deliver__all_threads_but_the_sender_may_have_left);
    tcase_add_test(
        tc,
        batcher_join__a_sender_past_its_deadline_gives_the_turn_to_the_next);
    tcase_add_test(
        tc, batcher_join__those_that_wait_for_such_a_sender_are_the_next_batch);
    tcase_add_test(tc,
                   batcher_join__a_sender_takes_those_that_came_until_it_runs);
    tcase_add_test(tc, batcher_join__such_a_sender_may_be_the_only_one);
}

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_batcher, free_batcher);
    tcase_add_test(
        tc,
        batcher_join__a_thread_that_comes_alone_sends_alone_without_waiting);
    tcase_add_test(tc, batcher_join__those_that_come_meanwhile_are_one_batch);
    tcase_add_test(tc,
                   batcher_join__those_that_come_during_a_batch_are_the_next);
    tcase_add_test(tc, batcher_join__a_single_load_that_waited_is_a_batch_too);
    tcase_add_loop_test(
        tc, batcher_join__the_thread_with_the_latest_deadline_sends, 0, 3);
    tcase_add_loop_test(
        tc, batcher_join__another_thread_sends_if_the_first_is_long_at_work, 0,
        2);
    tcase_add_test(tc,
                   batcher_join__another_thread_sends_alone_if_no_other_waits);
    tcase_add_loop_test(
        tc, batcher_join__no_load_waits_long_behind_a_sender_that_is_stuck, 1,
        3);
    tcase_add_test(tc, batcher_join__there_are_few_senders_at_once);
    tcase_add_test(tc, batcher_join__a_batch_has_at_most_so_many_loads);
    tcase_add_loop_test(tc, batcher_join__a_batch_has_at_most_so_many_octets, 0,
                        ROWS(octet_limits));
    tcase_add_test(
        tc, batcher_deliver__gives_each_load_its_own_replies_and_the_tail);
    tcase_add_test(tc,
                   batcher_deliver__takes_the_places_that_the_sender_has_set);
    tcase_add_test(tc, batcher_deliver__gives_nothing_of_a_batch_that_failed);
    add_deadlines(tc);
    tcase_add_test(tc, batcher_join__gives_no_thread_the_replies_of_another);
}

int main(void)
{
    return unit_main("batcher", add);
}
