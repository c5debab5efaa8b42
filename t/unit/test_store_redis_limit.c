/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include "fake_store.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE
#define STRING      SHS_SHAPE_STRING
#define FIELDS      SHS_SHAPE_FIELDS

/* Promises a long string and then sends only the first part of it. */
typedef struct boast_t {
    const char *promise;
    int sent;
} boast_t;

static void boast(fake_peer_t *peer, void *baton)
{
    const boast_t *self = baton;
    char piece[1000];
    int sent;

    memset(piece, 'x', sizeof(piece));
    while (fake_read_command(peer)) {
        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        fake_send_text(peer, self->promise);
        for (sent = 0; sent < self->sent; sent += (int)sizeof(piece)) {
            fake_send(peer, piece, sizeof(piece));
        }
        fake_stall(peer);
    }
}

/* A client that waited for the rest would run into the deadline, and the
 * outcome would be UNAVAILABLE. */
START_TEST(store_redis_load__stops_reading_a_string_at_the_limit)
{
    static const char *const promises[] = { "$300000\r\n", "$52428800\r\n" };
    boast_t self = { promises[_i], 70000 };
    fake_t *fake = fake_start(boast, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_assert_int_eq(
        fake_store_load(&result, store, "s:k", 4 * unit_slack_ms()), MALFORMED);
    fake_stop(fake);
}
END_TEST

static const struct {
    shs_shape_t shape;
    const char *value;
    apr_size_t max_octets;
    shs_outcome_t outcome;
    const char *why;
} sizes[] = {
    { STRING, "$5\r\nhello\r\n", 5, FOUND, "exactly met" },
    { STRING, "$5\r\nhello\r\n", 4, MALFORMED, "exceeded by one" },
    { FIELDS, "*4\r\n$1\r\na\r\n$2\r\nbc\r\n$1\r\nd\r\n$1\r\ne\r\n", 5, FOUND,
      "names and values, exactly met" },
    { FIELDS, "*4\r\n$1\r\na\r\n$2\r\nbc\r\n$1\r\nd\r\n$1\r\ne\r\n", 4,
      MALFORMED, "names and values, exceeded by one" },
};

START_TEST(store_redis_load__enforces_the_size_limit_to_the_octet)
{
    fake_redis_t self = { sizes[_i].value, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_query_t query = fake_store_query("s:k", sizes[_i].shape, 5000);
    shs_result_t result = { 0 };

    query.max_octets = sizes[_i].max_octets;
    ck_assert_msg(shs_store_load(&result, store, &query, p)
                      == sizes[_i].outcome,
                  "%s", sizes[_i].why);
    fake_stop(fake);
}
END_TEST

/* An error is not the value: a small limit does not hide it. */
START_TEST(store_redis_load__reads_an_error_whatever_the_limit)
{
    fake_redis_t self = {
        "-WRONGTYPE Operation against a key holding the wrong "
        "kind of value\r\n",
        ":-1\r\n",
        NULL,
        NULL,
        0,
        ""
    };
    fake_t *fake;
    shs_store_t *store;
    shs_query_t query;
    shs_result_t result = { 0 };

    if (_i) {
        self.value = "-NOPERM this user has no permissions to run the 'get' "
                     "command\r\n";
        self.pttl = self.value;
    }
    fake = fake_start(fake_redis, &self);
    store = fake_store_on(fake, "", "", NULL);
    query = fake_store_query("s:k", STRING, 5000);
    query.max_octets = 1;
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     _i ? UNAVAILABLE : MALFORMED);
    if (_i) {
        ck_assert(result.is_refusal);
    }
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__accepts_4096_fields_and_no_more)
{
    const int count = SHS_STORE_MAX_FIELDS + _i;
    char *value = apr_palloc(p, (apr_size_t)count * 24 + 64);
    char *at = value + apr_snprintf(value, 32, "*%d\r\n", 2 * count);
    fake_redis_t self = { NULL, ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_query_t query;
    shs_result_t result = { 0 };
    int i;

    for (i = 0; i < count; i++) {
        at += apr_snprintf(at, 32, "$5\r\n%05d\r\n$1\r\nv\r\n", i);
    }
    self.value = value;
    fake = fake_start(fake_redis, &self);
    store = fake_store_on(fake, "", "", NULL);
    query = fake_store_query("s:k", FIELDS, 10000);
    ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                     _i ? MALFORMED : FOUND);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, store_redis_load__stops_reading_a_string_at_the_limit, 0, 2);
    tcase_add_loop_test(tc,
                        store_redis_load__enforces_the_size_limit_to_the_octet,
                        0, ROWS(sizes));
    tcase_add_loop_test(tc, store_redis_load__reads_an_error_whatever_the_limit,
                        0, 2);
    tcase_add_loop_test(tc, store_redis_load__accepts_4096_fields_and_no_more,
                        0, 2);
}

int main(void)
{
    return unit_main("store_redis_limit", add);
}
