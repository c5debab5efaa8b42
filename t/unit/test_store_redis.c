/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/store_redis.h"
#include "store/store.h"

#include "fake_store.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define ABSENT      SHS_OUTCOME_ABSENT
#define MALFORMED   SHS_OUTCOME_MALFORMED
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE
#define STRING      SHS_SHAPE_STRING
#define FIELDS      SHS_SHAPE_FIELDS

static const struct {
    shs_shape_t shape;
    const char *value;
    const char *pttl;
    shs_outcome_t outcome;
    int is_refusal;
    const char *why;
} replies[] = {
    { STRING, "$6\r\nSECRET\r\n", ":30000\r\n", FOUND, 0, "a session" },
    { STRING, "$6\r\nSECRET\r\n", ":-1\r\n", FOUND, 0, "without expiry" },
    { STRING, "$0\r\n\r\n", ":-1\r\n", FOUND, 0, "empty is something" },
    { STRING, "$-1\r\n", ":-2\r\n", ABSENT, 0, "no such key" },
    { STRING, "$6\r\nSECRET\r\n", ":-2\r\n", ABSENT, 0,
      "expired between the two" },
    { STRING, "$-1\r\n", ":100\r\n", ABSENT, 0, "made between the two" },
    { FIELDS, "*2\r\n$1\r\nn\r\n$6\r\nSECRET\r\n", ":30000\r\n", FOUND, 0,
      "a session" },
    { FIELDS, "*0\r\n", ":-2\r\n", ABSENT, 0, "no such key" },
    { STRING, "-WRONGTYPE SECRET\r\n", ":30000\r\n", MALFORMED, 0,
      "a hash where a string should be" },
    { FIELDS, "-WRONGTYPE SECRET\r\n", ":30000\r\n", MALFORMED, 0,
      "a string where a hash should be" },
    { STRING, "-NOAUTH SECRET\r\n", "-NOAUTH SECRET\r\n", UNAVAILABLE, 1,
      "wants a password" },
    { STRING, "-NOPERM SECRET\r\n", "-NOPERM SECRET\r\n", UNAVAILABLE, 1,
      "may not read that key" },
    { STRING, "$6\r\nSECRET\r\n", "-NOPERM SECRET\r\n", UNAVAILABLE, 1,
      "may not ask for the time to live" },
    { STRING, "-LOADING SECRET\r\n", "-LOADING SECRET\r\n", UNAVAILABLE, 0,
      "has only just started" },
    { STRING, "-MASTERDOWN SECRET\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a replica without its master" },
    { STRING, "-ERR SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "anything else" },
    { STRING, "-SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "no code we know" },
    { STRING, "$6\r\nSECRET\r\n", "-ERR SECRET\r\n", UNAVAILABLE, 0,
      "one reply of two is not enough" },
    { STRING, "+OK\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no status" },
    { STRING, ":5\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no number" },
    { STRING, "*0\r\n", ":1\r\n", UNAVAILABLE, 0, "GET gives no array" },
    { STRING, "$6\r\nSECRET\r\n", "$1\r\n1\r\n", UNAVAILABLE, 0,
      "PTTL gives no string" },
    { STRING, "$6\r\nSECRET\r\n", "$-1\r\n", UNAVAILABLE, 0,
      "PTTL gives no nothing" },
    { FIELDS, "$6\r\nSECRET\r\n", ":1\r\n", UNAVAILABLE, 0,
      "HGETALL gives no string" },
    { FIELDS, "*3\r\n$1\r\na\r\n$1\r\nb\r\n$6\r\nSECRET\r\n", ":1\r\n",
      UNAVAILABLE, 0, "a name without a value" },
    { FIELDS, "*2\r\n$1\r\na\r\n:5\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a value that is a number" },
    { FIELDS, "*2\r\n$1\r\na\r\n$-1\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a value that is nothing" },
    { FIELDS, "*2\r\n*0\r\n$1\r\na\r\n", ":1\r\n", UNAVAILABLE, 0,
      "a name that is an array" },
    { STRING, "SECRET\r\n", ":1\r\n", UNAVAILABLE, 0, "garbage" },
    { STRING, "$-7\r\n", ":1\r\n", UNAVAILABLE, 0, "a lie" },
    { STRING, "$6\r\nSECRET\r\n", ":1\r\n+SECRET\r\n", UNAVAILABLE, 0,
      "three replies to two commands" },
};

START_TEST(store_redis_load__distinguishes_the_outcomes)
{
    fake_redis_t self = {
        replies[_i].value, replies[_i].pttl, NULL, NULL, 0, ""
    };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_query_t query =
        fake_store_query("session:KEYSECRET", replies[_i].shape, 5000);
    shs_result_t result = { 0 };
    shs_outcome_t outcome = shs_store_load(&result, store, &query, p);

    ck_assert_msg(outcome == replies[_i].outcome, "%d, not %d (%s): %s",
                  outcome, replies[_i].outcome, result.reason, replies[_i].why);
    if (outcome != FOUND) {
        ck_assert_msg(result.reason && *result.reason, "no reason: %s",
                      replies[_i].why);
        ck_assert_msg(!strstr(result.reason, "SECRET")
                          || !strcmp(replies[_i].why, "no code we know"),
                      "the reason leaks: %s", result.reason);
    }
    if (outcome == UNAVAILABLE) {
        ck_assert_msg(!!result.is_refusal == replies[_i].is_refusal, "%s",
                      replies[_i].why);
    }
    fake_stop(fake);
}
END_TEST

/* Replies to the first commands of a connection with numbers, which fit no
 * load, and to all later ones with the value of the key before. */
static void shift(fake_peer_t *peer, void *baton)
{
    char before[512] = "";

    (void)baton;
    while (fake_read_command(peer)) {
        char reply[600];

        if (strcmp(peer->arguments[0], "PTTL") != 0) {
            continue;
        }
        apr_cpystrn(reply, ":0\r\n:0\r\n", sizeof(reply));
        if (*before) {
            apr_snprintf(reply, sizeof(reply),
                         "*2\r\n$4\r\nuser\r\n$%d\r\n%s\r\n:-1\r\n",
                         (int)strlen(before), before);
        }
        fake_send_text(peer, reply);
        apr_cpystrn(before, peer->arguments[1], sizeof(before));
    }
}

START_TEST(store_redis_load__drops_a_connection_after_a_reply_of_another_kind)
{
    static const char *const keys[] = { "s:alice", "s:bob", "s:carol" };
    fake_t *fake = fake_start(shift, NULL);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    int i;

    for (i = 0; i < 3; i++) {
        shs_query_t query = fake_store_query(keys[i], FIELDS, 5000);
        shs_result_t result = { 0 };

        ck_assert_int_eq(shs_store_load(&result, store, &query, p),
                         UNAVAILABLE);
        ck_assert_msg(result.record.count == 0, "%s got a session", keys[i]);
        ck_assert_int_eq(fake_accepted(fake), i + 1);
    }
    fake_stop(fake);
}
END_TEST

/* Errors that the server sends unasked, before it closes. */
static const struct {
    const char *words;
    const char *reason;
} last_errors[] = {
    { "-ERR max number of clients reached\r\n", "maxclients" },
    { "-DENIED Redis is running in protected mode SECRET\r\n", "DENIED" },
    { "-LOADING SECRET\r\n", "LOADING" },
};

static void send_last_error(fake_peer_t *peer, void *baton)
{
    /* GET and PTTL: unread octets would turn the close into a reset. */
    if (fake_read_command(peer) && fake_read_command(peer)) {
        fake_send_text(peer, baton);
    }
}

START_TEST(store_redis_load__reports_the_error_before_the_close)
{
    char words[128];
    fake_t *fake;
    shs_store_t *store;
    shs_result_t result;

    apr_cpystrn(words, last_errors[_i].words, sizeof(words));
    fake = fake_start(send_last_error, words);
    store = fake_store_on(fake, "", "", NULL);
    ck_assert_int_eq(fake_store_load(&result, store, "s:k", 5000), UNAVAILABLE);
    ck_assert_msg(strstr(result.reason, last_errors[_i].reason) != NULL, "%s",
                  result.reason);
    ck_assert_msg(!strstr(result.reason, "SECRET"), "%s", result.reason);
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_load__returns_the_fields_in_order)
{
    fake_redis_t self = {
        "*4\r\n$1\r\nz\r\n$2\r\n\r\n\r\n$1\r\na\r\n$0\r\n\r\n",
        ":1500\r\n",
        NULL,
        NULL,
        0,
        ""
    };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_query_t query = fake_store_query("s:k", FIELDS, 5000);
    shs_result_t result = { 0 };

    ck_assert_int_eq(shs_store_load(&result, store, &query, p), FOUND);
    ck_assert_int_eq(result.record.shape, FIELDS);
    ck_assert_uint_eq(result.record.count, 2);
    ck_octets_eq(result.record.fields[0].name, OCTETS("z"), "first");
    ck_octets_eq(result.record.fields[0].value, OCTETS("\r\n"), "any octet");
    ck_octets_eq(result.record.fields[1].name, OCTETS("a"), "second");
    ck_octets_eq(result.record.fields[1].value, OCTETS(""), "empty");
    ck_assert_int_eq(result.record.ttl, 1500000);
    fake_stop(fake);
}
END_TEST

static const struct {
    const char *pttl;
    apr_interval_time_t ttl;
} ttls[] = {
    { ":30000\r\n", 30000000 },
    { ":1\r\n", 1000 },
    { ":-1\r\n", SHS_TTL_FOREVER },
    { ":9007199254740\r\n", 9007199254740000 },
};

START_TEST(store_redis_load__returns_the_time_to_live)
{
    fake_redis_t self = { "$1\r\nv\r\n", ttls[_i].pttl, NULL, NULL, 0, "" };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;

    ck_assert_int_eq(fake_store_load(&result, store, "s:k", 5000), FOUND);
    ck_assert_int_eq(result.record.ttl, ttls[_i].ttl);
    fake_stop(fake);
}
END_TEST

/* Whatever the result, it is neither negative nor a crash. */
START_TEST(store_redis_load__does_not_overflow_a_time_to_live)
{
    fake_redis_t self = {
        "$1\r\nv\r\n", ":9223372036854775807\r\n", NULL, NULL, 0, ""
    };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "", "", NULL);
    shs_result_t result;
    shs_outcome_t outcome = fake_store_load(&result, store, "s:k", 5000);

    ck_assert(outcome == FOUND || outcome == UNAVAILABLE);
    if (outcome == FOUND) {
        ck_assert(result.record.ttl > 0
                  || result.record.ttl == SHS_TTL_FOREVER);
    }
    fake_stop(fake);
}
END_TEST

/* --------------------------------------------------------------- commands */

static const struct {
    const char *credentials;
    const char *db;
    shs_shape_t shape;
    const char *seen;
    const char *why;
} dialogues[] = {
    { "", "", STRING, "GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "no handshake where none is needed" },
    { "", "/0", FIELDS, "HGETALL s:k|PTTL s:k|HGETALL s:k|PTTL s:k|",
      "database 0 is where one is" },
    { ":pass%20word@", "", STRING,
      "AUTH pass word|GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "once a connection" },
    { "alice:pw@", "", STRING,
      "AUTH alice pw|GET s:k|PTTL s:k|GET s:k|PTTL s:k|", "Redis 6 users" },
    { "alice:pw@", "/7", STRING,
      "AUTH alice pw|SELECT 7|GET s:k|PTTL s:k|GET s:k|PTTL s:k|",
      "first the password, then the database" },
};

START_TEST(store_redis_load__sends_the_commands_in_this_order)
{
    fake_redis_t self = { "$-1\r\n", ":-2\r\n", NULL, NULL, 0, "" };
    fake_t *fake;
    shs_store_t *store;
    shs_result_t result = { 0 };
    int i;

    if (dialogues[_i].shape == FIELDS) {
        self.value = "*0\r\n";
    }
    fake = fake_start(fake_redis, &self);
    store =
        fake_store_on(fake, dialogues[_i].credentials, dialogues[_i].db, NULL);
    for (i = 0; i < 2; i++) {
        shs_query_t query = fake_store_query("s:k", dialogues[_i].shape, 5000);

        ck_assert_int_eq(shs_store_load(&result, store, &query, p), ABSENT);
    }
    ck_assert_int_eq(fake_accepted(fake), 1);
    fake_stop(fake);
    ck_assert_msg(!strcmp(self.seen, dialogues[_i].seen), "%s: %s", self.seen,
                  dialogues[_i].why);
}
END_TEST

static const struct {
    const char *auth;
    const char *select;
    int is_refusal;
    const char *why;
} handshakes[] = {
    { "-WRONGPASS SECRET\r\n", NULL, 1, "a wrong password" },
    { "-ERR AUTH <SECRET> called without any password configured\r\n", NULL, 1,
      "Redis before 6: no password is wanted" },
    { "-NOPERM SECRET\r\n", NULL, 1, "may not even that" },
    { NULL, "-NOPERM SECRET\r\n", 1, "may not use that database" },
    { NULL, "-ERR DB index is out of range\r\n", 0, "no such database" },
    { ":5\r\n", NULL, 0, "garbage" },
    { "$6\r\nSECRET\r\n", NULL, 0, "garbage" },
    { "SECRET\r\n", NULL, 0, "garbage" },
};

START_TEST(store_redis_load__is_unavailable_after_a_failed_handshake)
{
    fake_redis_t self = { "$1\r\nv\r\n",         ":-1\r\n", handshakes[_i].auth,
                          handshakes[_i].select, 0,         "" };
    fake_t *fake = fake_start(fake_redis, &self);
    shs_store_t *store = fake_store_on(fake, "alice:SECRET@", "/3", NULL);
    shs_result_t result;

    ck_assert_msg(fake_store_load(&result, store, "s:k", 3000) == UNAVAILABLE,
                  "%s", handshakes[_i].why);
    ck_assert_msg(result.reason && *result.reason, "no reason: %s",
                  handshakes[_i].why);
    ck_assert_msg(!strstr(result.reason, "SECRET"), "%s", result.reason);
    if (handshakes[_i].is_refusal) {
        ck_assert_msg(result.is_refusal, "%s", handshakes[_i].why);
    }
    fake_stop(fake);
    ck_assert_msg(!strstr(self.seen, "GET"), "sent all the same: %s",
                  self.seen);
}
END_TEST

START_TEST(store_redis_load__reads_single_octets)
{
    fake_redis_t self = { "$5\r\nhello\r\n", ":30000\r\n", NULL, NULL, 1, "" };
    fake_t *fake = fake_start(fake_redis, &self);

    ck_found(fake_store_on(fake, "alice:pw@", "/1", NULL), "s:k", "hello");
    fake_stop(fake);
}
END_TEST

START_TEST(store_redis_start_child__connects_to_nothing)
{
    fake_redis_t self = { "$1\r\nv\r\n", ":-1\r\n", NULL, NULL, 0, "" };
    fake_t *fake = fake_start(fake_redis, &self);

    fake_store_on(fake, "alice:pw@", "/1", NULL);
    /* Connections are accepted in order: that of another child is the first. */
    ck_found(fake_store_on(fake, "", "", NULL), "s:k", "v");
    ck_assert_int_eq(fake_accepted(fake), 1);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, store_redis_load__distinguishes_the_outcomes, 0,
                        ROWS(replies));
    tcase_add_test(
        tc, store_redis_load__drops_a_connection_after_a_reply_of_another_kind);
    tcase_add_loop_test(tc,
                        store_redis_load__reports_the_error_before_the_close, 0,
                        ROWS(last_errors));
    tcase_add_test(tc, store_redis_load__returns_the_fields_in_order);
    tcase_add_loop_test(tc, store_redis_load__returns_the_time_to_live, 0,
                        ROWS(ttls));
    tcase_add_test(tc, store_redis_load__does_not_overflow_a_time_to_live);
    tcase_add_loop_test(tc, store_redis_load__sends_the_commands_in_this_order,
                        0, ROWS(dialogues));
    tcase_add_loop_test(
        tc, store_redis_load__is_unavailable_after_a_failed_handshake, 0,
        ROWS(handshakes));
    tcase_add_test(tc, store_redis_load__reads_single_octets);
    tcase_add_test(tc, store_redis_start_child__connects_to_nothing);
}

int main(void)
{
    return unit_main("store_redis", add);
}
