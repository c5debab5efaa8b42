/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch_queue.h"

#include "unit.h"

#define MANY (2 * SHS_BATCH_QUEUE_LOADS)

static shs_batch_queue_t queue;
static shs_batch_item_t items[MANY];

static void empty(void)
{
    memset(&queue, 0, sizeof(queue));
    memset(items, 0, sizeof(items));
}

static void append(shs_batch_queue_t *to, int first, int last)
{
    int i;

    for (i = first; i <= last; i++) {
        shs_batch_queue_append(to, &items[i]);
    }
}

/* The items from this one on, as "0 1 2". */
static const char *listed(const shs_batch_item_t *item)
{
    const char *list = "";

    for (; item; item = item->next) {
        list = apr_psprintf(p, "%s%s%d", list, *list ? " " : "",
                            (int)(item - items));
    }
    return list;
}

/* The queue has these, and its end is where it says. */
static void ck_queue(const char *list)
{
    ck_assert_str_eq(listed(queue.first), list);
    ck_assert((queue.first == NULL) == (queue.last == NULL));
    ck_assert(!queue.last || !queue.last->next);
}

START_TEST(batch_queue_append__puts_the_item_at_the_end)
{
    ck_queue("");
    append(&queue, 0, 0);
    ck_queue("0");
    /* Whatever it was linked to. */
    items[1].next = &items[5];
    append(&queue, 1, 2);
    ck_queue("0 1 2");
}
END_TEST

static const struct {
    int out[3]; /* -1: no more */
    const char *left;
} removed[] = {
    { { 0, -1, -1 }, "1 2" }, { { 1, -1, -1 }, "0 2" },
    { { 2, -1, -1 }, "0 1" }, { { 0, 1, -1 }, "2" },
    { { 2, 1, -1 }, "0" },    { { 0, 2, -1 }, "1" },
    { { 1, 0, 2 }, "" },      { { 2, 1, 0 }, "" },
};

START_TEST(batch_queue_remove__leaves_the_others_in_their_order)
{
    const char *then = *removed[_i].left ? " 3" : "3";
    int i;

    append(&queue, 0, 2);
    for (i = 0; i < 3 && removed[_i].out[i] >= 0; i++) {
        shs_batch_queue_remove(&queue, &items[removed[_i].out[i]]);
    }
    ck_queue(removed[_i].left);
    append(&queue, 3, 3);
    ck_queue(apr_pstrcat(p, removed[_i].left, then, NULL));
}
END_TEST

/* --------------------------------------------------------------------- take */

static const struct {
    apr_time_t deadlines[4];
    int latest;
    const char *why;
} deadlines[] = {
    { { 5, 5, 5, 5 }, 0, "the oldest of equal ones" },
    { { 9, 5, 5, 5 }, 0, "the oldest" },
    { { 5, 9, 5, 5 }, 1, "the second" },
    { { 5, 5, 9, 5 }, 2, "another one" },
    { { 5, 6, 7, 9 }, 3, "the last" },
    { { 5, 9, 5, 9 }, 1, "the older of two" },
    { { 9, 8, 7, 6 }, 0, "as they came" },
};

START_TEST(batch_queue_latest__is_the_item_with_the_latest_deadline)
{
    int i;

    ck_assert_ptr_null(shs_batch_queue_latest(&queue));
    for (i = 0; i < 4; i++) {
        items[i].load.deadline = deadlines[_i].deadlines[i];
    }
    append(&queue, 0, 3);
    ck_assert_msg(shs_batch_queue_latest(&queue)
                      == &items[deadlines[_i].latest],
                  "%s", deadlines[_i].why);
    ck_queue("0 1 2 3");
}
END_TEST

/* The sender, which is not in the queue, is one of the loads. */
START_TEST(batch_queue_take__takes_so_many_loads_at_most)
{
    const int most = SHS_BATCH_QUEUE_LOADS;
    const shs_batch_item_t *batch = &items[0];
    int i;

    append(&queue, 1, most + 1);
    shs_batch_queue_take(&queue, &items[0]);
    for (i = 0; i < most; i++, batch = batch->next) {
        ck_assert_ptr_eq(batch, &items[i]);
    }
    ck_assert_ptr_null(batch);
    ck_queue(apr_psprintf(p, "%d %d", most, most + 1));
    append(&queue, most + 3, most + 3);
    shs_batch_queue_take(&queue, &items[most + 2]);
    ck_assert_str_eq(
        listed(&items[most + 2]),
        apr_psprintf(p, "%d %d %d %d", most + 2, most, most + 1, most + 3));
    ck_queue("");
}
END_TEST

START_TEST(batch_queue_take__takes_nothing_from_an_empty_queue)
{
    items[0].next = &items[5];
    shs_batch_queue_take(&queue, &items[0]);
    ck_assert_str_eq(listed(&items[0]), "0");
    ck_queue("");
}
END_TEST

#define MOST SHS_BATCH_QUEUE_OCTETS

static const struct {
    apr_size_t sizes[3]; /* the sender's first */
    const char *batch;
    const char *left;
    const char *why;
} sizes[] = {
    { { 30000, 30000, 30000 }, "0 1", "2", "a third would be too much" },
    { { 30000, MOST - 30000, 1 }, "0 1", "2", "exactly" },
    { { 30000, MOST - 29999, 1 }, "0", "1 2", "an octet too many" },
    { { MOST, 1, 1 }, "0", "1 2", "the first has as many" },
    { { 100000, 1, 1 }, "0", "1 2", "the first alone has more" },
    { { 1, 100000, 1 }, "0", "1 2", "the second has more: in order" },
    { { 1, 2, 3 }, "0 1 2", "", "few" },
};

START_TEST(batch_queue_take__takes_so_many_octets_at_most)
{
    int i;

    for (i = 0; i < 3; i++) {
        items[i].load.commands.len = sizes[_i].sizes[i];
    }
    append(&queue, 1, 2);
    shs_batch_queue_take(&queue, &items[0]);
    ck_assert_msg(!strcmp(listed(&items[0]), sizes[_i].batch), "%s",
                  sizes[_i].why);
    ck_queue(sizes[_i].left);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, empty, NULL);
    tcase_add_test(tc, batch_queue_append__puts_the_item_at_the_end);
    tcase_add_loop_test(tc,
                        batch_queue_remove__leaves_the_others_in_their_order, 0,
                        ROWS(removed));
    tcase_add_loop_test(
        tc, batch_queue_latest__is_the_item_with_the_latest_deadline, 0,
        ROWS(deadlines));
    tcase_add_test(tc, batch_queue_take__takes_nothing_from_an_empty_queue);
    tcase_add_test(tc, batch_queue_take__takes_so_many_loads_at_most);
    tcase_add_loop_test(tc, batch_queue_take__takes_so_many_octets_at_most, 0,
                        ROWS(sizes));
}

int main(void)
{
    return unit_main("batch_queue", add);
}
