/* SPDX-License-Identifier: Apache-2.0
 *
 * A server whose name moves to another address. The actor listens at 127.0.0.1;
 * at 127.0.0.9 connections are refused.
 */
#include "redis/node.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "actor.h"
#include "redis/exchange.h"
#include "rig.h"
#include "store/clock.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* ------------------------------------------------------ the name service
 * Ours instead of the C library's: it has one name, and it moves. */

static const char *address_of_name;
static int asked;

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    int is_name = !strcmp(node, "redis.test");
    struct addrinfo *info;
    struct sockaddr_in *in;
    struct in_addr address;

    if (is_name && (hints->ai_flags & AI_NUMERICHOST)) {
        return EAI_NONAME;
    }
    if (is_name) {
        __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
        node = __atomic_load_n(&address_of_name, __ATOMIC_SEQ_CST);
    }
    if (inet_pton(AF_INET, node, &address) != 1) {
        return EAI_NONAME;
    }
    info = calloc(1, sizeof(*info));
    in = calloc(1, sizeof(*in));
    ck_assert(info && in);
    in->sin_family = AF_INET;
    in->sin_port = htons((unsigned short)atoi(service));
    in->sin_addr = address;
    info->ai_family = AF_INET;
    info->ai_addr = (struct sockaddr *)in;
    info->ai_addrlen = sizeof(*in);
    *out = info;
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    free(info->ai_addr);
    free(info);
}

static void move_name(const char *address)
{
    __atomic_store_n(&address_of_name, address, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------ tests */

static actor_t *a;

static void open_stage(void)
{
    a = actor_start("a");
    move_name("127.0.0.1");
    asked = 0;
}

static void close_stage(void)
{
    actor_stop(a);
}

static rig_t *rig_on(const char *options, const rig_t *sibling)
{
    return rig_create(apr_psprintf(p, "redis://redis.test:%d", actor_port(a)),
                      options, sibling);
}

static shs_outcome_t ask_within(int ms, const rig_t *rig, const char *key)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, 65536, 0 };
    shs_answer_t got = { 0 };

    query.deadline = rig_in_ms(ms);
    return shs_exchange_run(&got, &rig->client, &query, p);
}

static shs_outcome_t ask(const rig_t *rig, const char *key)
{
    return ask_within(5000, rig, key);
}

/* The request that finds the old address dead asks at the new one. */
START_TEST(node_dial__asks_for_other_addresses_when_each_has_failed)
{
    rig_t *rig = rig_on("timeout=5s connect-timeout=5s", NULL);

    ck_assert_int_eq(ask(rig, "k"), FOUND);
    ck_assert_int_eq(asked, 1);
    move_name("127.0.0.9");
    actor_hang_up(a);
    ck_assert_int_eq(ask(rig, "k"), FOUND); /* it is there still */
    ck_assert_int_eq(asked, 1);
    actor_stop(a);
    a = actor_start("a");
    rig = rig_on("timeout=5s connect-timeout=5s", NULL);
    ck_assert_int_eq(ask(rig, "l"), UNAVAILABLE);
    move_name("127.0.0.1");
    rig_await(rig_in_ms(SHS_RESOLVER_AFTER_FAILURE / 1000 + 1));
    ck_assert_int_eq(ask(rig, "l"), FOUND);
}
END_TEST

/* A name that has not moved is not asked for with each request. */
START_TEST(node_dial__asks_no_name_service_all_the_time)
{
    rig_t *rig = rig_on("breaker=off", NULL);
    apr_time_t began = shs_clock_now();
    int i;

    move_name("127.0.0.9");
    for (i = 0; i < 200; i++) {
        ck_assert_int_eq(ask(rig, "k"), UNAVAILABLE);
    }
    ck_assert_int_le(
        asked,
        2 + (int)((shs_clock_now() - began) / SHS_RESOLVER_AFTER_FAILURE));
}
END_TEST

/* One child has learnt the new address, another has opened the circuit breaker
 * for the old one. */
START_TEST(node_place__is_another_server_at_another_address)
{
    rig_t *old, *newborn;

    move_name("127.0.0.9");
    old = rig_on("breaker=2/1h", NULL);
    ck_assert_int_eq(ask(old, "k"), UNAVAILABLE);
    ck_assert_int_eq(ask(old, "k"), UNAVAILABLE);
    ck_assert_int_eq(ask(old, "k"), UNAVAILABLE);
    ck_assert_str_eq(
        shs_breaker_describe(&old->shared->breaker, shs_clock_now()), "open");
    move_name("127.0.0.1");
    newborn = rig_on("breaker=2/1h", old);
    ck_assert_int_eq(ask(newborn, "k"), FOUND);
    ck_assert_str_eq(
        shs_breaker_describe(&old->shared->breaker, shs_clock_now()), "closed");
}
END_TEST

/* Nobody dials while it is open, and it would stay so for an hour. */
START_TEST(node_suspect__learns_the_new_address_behind_an_open_breaker)
{
    rig_t *rig;
    apr_time_t until = rig_in_ms(10000);

    move_name("127.0.0.9");
    rig = rig_on("breaker=2/1h", NULL);
    while (strcmp(shs_breaker_describe(&rig->shared->breaker, shs_clock_now()),
                  "open")) {
        ck_assert_int_eq(ask(rig, "k"), UNAVAILABLE);
        ck_assert_int_lt(shs_clock_now(), until);
    }
    move_name("127.0.0.1");
    while (ask(rig, "k") != FOUND) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
}
END_TEST

/* Takes connections at 127.0.0.9, where the actor's name may lead, and answers
 * nothing. */
static int listen_and_hang(void)
{
    struct sockaddr_in in;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons((unsigned short)actor_port(a));
    ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.9", &in.sin_addr), 1);
    ck_assert(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
    ck_assert(!listen(fd, 128));
    return fd;
}

static const struct {
    const char *login;
    const char *why;
} hangs[] = {
    { "", "the first thing that is said is the question" },
    { ":secret@", "... is a greeting" },
};

START_TEST(node__turns_away_from_an_address_that_answers_nothing)
{
    int hung = listen_and_hang();
    rig_t *rig = rig_create(apr_psprintf(p, "redis://%sredis.test:%d",
                                         hangs[_i].login, actor_port(a)),
                            "breaker=off", NULL);
    apr_time_t moved_at;

    move_name("127.0.0.9");
    ck_assert_int_eq(ask_within(200, rig, "k"), UNAVAILABLE);
    move_name("127.0.0.1");
    moved_at = shs_clock_now();
    while (ask_within(200, rig, "k") != FOUND) {
        ck_assert_msg(shs_clock_now() - moved_at < SHS_RESOLVER_FRESH_FOR / 2,
                      "the old address is believed: %s", hangs[_i].why);
    }
    close(hung);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc,
                   node_dial__asks_for_other_addresses_when_each_has_failed);
    tcase_add_test(tc, node_dial__asks_no_name_service_all_the_time);
    tcase_add_loop_test(tc,
                        node__turns_away_from_an_address_that_answers_nothing,
                        0, ROWS(hangs));
    tcase_add_test(tc, node_place__is_another_server_at_another_address);
    tcase_add_test(tc,
                   node_suspect__learns_the_new_address_behind_an_open_breaker);
}

int main(void)
{
    return unit_main("node", add);
}
