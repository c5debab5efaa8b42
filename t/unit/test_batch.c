/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/batch.h"

#include "unit.h"

static const shs_octets_t no_tail = { "", 0 };
static const shs_batch_facts_t no_facts;

static shs_batch_item_t *item;

static void make_item(void)
{
    item = shs_batch_item_create();
    ck_assert_ptr_nonnull(item);
    item->load.p = p;
}

static void free_item(void)
{
    shs_batch_item_destroy(item);
}

START_TEST(batch_add_commands__copies_them_one_after_the_other)
{
    int i;

    ck_assert(shs_batch_add_commands(item, unit_text("GET a;")));
    ck_assert(shs_batch_add_commands(item, unit_text("")));
    ck_octets_eq(shs_batch_commands(item), OCTETS("GET a;"), "one");
    ck_assert(shs_batch_add_commands(item, unit_text("GET bb;")));
    ck_octets_eq(shs_batch_commands(item), OCTETS("GET a;GET bb;"), "two");
    for (i = 0; i < 1000; i++) {
        ck_assert(shs_batch_add_commands(item, unit_text("0123456789")));
    }
    ck_assert_uint_eq(shs_batch_commands(item).len, 10013);
    ck_assert(
        !memcmp(shs_batch_commands(item).data + 10000, "7890123456789", 13));
}
END_TEST

/* Only a thread that waits for a batch gets anything. */
static const struct {
    shs_batch_place_t place;
    shs_batch_place_t after[2]; /* of a batch that failed, that is answered */
    const char *why;
} places[] = {
    { SHS_BATCH_SENT,
      { SHS_BATCH_FAILED, SHS_BATCH_ANSWERED },
      "its thread waits" },
    { SHS_BATCH_SENDER,
      { SHS_BATCH_SENDER, SHS_BATCH_SENDER },
      "the sender itself" },
    { SHS_BATCH_ABANDONED,
      { SHS_BATCH_ABANDONED, SHS_BATCH_ABANDONED },
      "its thread has left" },
};

START_TEST(batch_deliver__gives_replies_to_a_thread_that_waits_and_to_no_other)
{
    shs_batch_facts_t facts = { 6, 1 };
    shs_octets_t octets = unit_text("..$1\r\nx\r\n:1\r\n");
    int is_answered;

    for (is_answered = 0; is_answered < 2; is_answered++) {
        int waits;

        memset(&item->result, 0, sizeof(item->result));
        /* Nothing of the load is used if it has left. */
        item->load.p = places[_i].place == SHS_BATCH_SENT ? p : NULL;
        shs_batch_set_place(item, places[_i].place);
        shs_batch_set_replies(item, 2, octets.len);
        waits = shs_batch_deliver(item, is_answered ? octets.data : NULL,
                                  OCTETS("+OK\r\n"), &facts);
        ck_assert_msg(!waits == (places[_i].place != SHS_BATCH_SENT), "%s",
                      places[_i].why);
        ck_assert_msg(item->place == places[_i].after[is_answered], "%s",
                      places[_i].why);
        if (item->place == SHS_BATCH_ANSWERED) {
            ck_octets_eq(item->result.replies,
                         OCTETS("$1\r\nx\r\n:1\r\n+OK\r\n"), "and the tail");
            ck_assert(!memcmp(&item->result.facts, &facts, sizeof(facts)));
        }
        else {
            ck_assert_uint_eq(item->result.replies.len, 0);
        }
    }
}
END_TEST

/* The sender's octets are freed after it. */
START_TEST(batch_deliver__copies_the_replies)
{
    char *octets = strdup("abcdef");

    shs_batch_set_place(item, SHS_BATCH_SENT);
    shs_batch_set_replies(item, 1, 4);
    ck_assert(shs_batch_deliver(item, octets, no_tail, &no_facts));
    memset(octets, '!', 6);
    free(octets);
    ck_octets_eq(item->result.replies, OCTETS("bcd"), "a copy");
}
END_TEST

START_TEST(batch_replies__are_the_items_own_and_the_tail)
{
    shs_octets_t octets = unit_text("aaabbc");

    shs_batch_set_replies(item, 3, 5);
    ck_octets_eq(shs_batch_replies(item, octets.data, no_tail, p), OCTETS("bb"),
                 "no tail");
    ck_octets_eq(shs_batch_replies(item, octets.data, unit_text("role"), p),
                 OCTETS("bbrole"), "and the tail");
    shs_batch_set_replies(item, 6, 6);
    ck_octets_eq(shs_batch_replies(item, octets.data, no_tail, p), no_tail,
                 "nothing");
}
END_TEST

START_TEST(batch_parser__is_the_items_own_until_it_is_dropped)
{
    shs_resp_limits_t few = { 100, 2 };
    shs_reply_t *reply = NULL;
    shs_resp_t *parser = shs_batch_parser(item);

    ck_assert_ptr_nonnull(parser);
    ck_assert_ptr_eq(shs_batch_parser(item), parser);
    shs_resp_begin(parser, few, p);
    ck_assert_int_eq(shs_resp_feed(parser, "$5\r\nab", 6), SHS_RESP_MORE);
    shs_batch_drop_parser(item);
    shs_batch_drop_parser(item);
    /* The next one has nothing of it. */
    parser = shs_batch_parser(item);
    ck_assert_ptr_nonnull(parser);
    shs_resp_begin(parser, few, p);
    ck_assert_int_eq(shs_resp_feed(parser, "+OK\r\n", 5), SHS_RESP_MORE);
    ck_assert_int_eq(shs_resp_next(&reply, parser), SHS_RESP_REPLY);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_item, free_item);
    tcase_add_test(tc, batch_add_commands__copies_them_one_after_the_other);
    tcase_add_loop_test(
        tc, batch_deliver__gives_replies_to_a_thread_that_waits_and_to_no_other,
        0, ROWS(places));
    tcase_add_test(tc, batch_deliver__copies_the_replies);
    tcase_add_test(tc, batch_replies__are_the_items_own_and_the_tail);
    tcase_add_test(tc, batch_parser__is_the_items_own_until_it_is_dropped);
}

int main(void)
{
    return unit_main("batch", add);
}
