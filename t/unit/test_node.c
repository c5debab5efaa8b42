/* SPDX-License-Identifier: Apache-2.0
 *
 * A server whose name gets another address. The actor listens at 127.0.0.1; at
 * 127.0.0.9 connections are refused, or accepted without a reply.
 */
#include "redis/connection/node.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include "actor.h"
#include "redis/store_redis.h"
#include "rig.h"
#include "base/clock.h"
#include "unit.h"

#define FOUND       SHS_OUTCOME_FOUND
#define UNAVAILABLE SHS_OUTCOME_UNAVAILABLE

/* ------------------------------------------------------ the name service
 * It replaces the C library's: it has one name, and its address changes. */

static const char *address_of_name;
static int lookups;

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
        __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
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

/* ------------------------------------------------------------------- tests */

static actor_t *a;

static void open_stage(void)
{
    a = actor_start("a");
    move_name("127.0.0.1");
    lookups = 0;
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

static shs_outcome_t load_within(int ms, const rig_t *rig, const char *key)
{
    shs_query_t query = { unit_text(key), SHS_SHAPE_STRING, 65536, 0 };
    shs_result_t got = { 0 };

    query.deadline = unit_in_ms(ms);
    return shs_store_redis_load(&got, &rig->client, &query, p);
}

static shs_outcome_t load(const rig_t *rig, const char *key)
{
    return load_within(5000, rig, key);
}

/* The request that finds the old address dead dials the new one. */
START_TEST(node_dial__looks_the_name_up_when_each_address_has_failed)
{
    rig_t *rig = rig_on("timeout=5s connect-timeout=5s", NULL);

    ck_assert_int_eq(load(rig, "k"), FOUND);
    ck_assert_int_eq(lookups, 1);
    move_name("127.0.0.9");
    actor_disconnect(a);
    ck_assert_int_eq(load(rig, "k"), FOUND); /* it still accepts */
    ck_assert_int_eq(lookups, 1);
    actor_stop(a);
    a = actor_start("a");
    rig = rig_on("timeout=5s connect-timeout=5s", NULL);
    ck_assert_int_eq(load(rig, "l"), UNAVAILABLE);
    move_name("127.0.0.1");
    unit_let_pass(unit_in_ms(SHS_RESOLVER_AFTER_FAILURE / 1000 + 1));
    ck_assert_int_eq(load(rig, "l"), FOUND);
}
END_TEST

/* An unchanged name is not looked up for each request. */
START_TEST(node_dial__does_not_look_the_name_up_each_time)
{
    rig_t *rig = rig_on("breaker=off", NULL);
    apr_time_t began = shs_clock_now();
    int i;

    move_name("127.0.0.9");
    for (i = 0; i < 200; i++) {
        ck_assert_int_eq(load(rig, "k"), UNAVAILABLE);
    }
    ck_assert_int_le(
        lookups,
        2 + (int)((shs_clock_now() - began) / SHS_RESOLVER_AFTER_FAILURE));
}
END_TEST

/* One child knows the new address, another has opened the circuit breaker for
 * the old one. */
START_TEST(node_resolved_subject__differs_at_another_address)
{
    rig_t *old, *newborn;

    move_name("127.0.0.9");
    old = rig_on("breaker=2/1h", NULL);
    ck_assert_int_eq(load(old, "k"), UNAVAILABLE);
    ck_assert_int_eq(load(old, "k"), UNAVAILABLE);
    ck_assert_int_eq(load(old, "k"), UNAVAILABLE);
    ck_assert_str_eq(
        shs_breaker_describe(&old->host_state->breaker, shs_clock_now()),
        "open");
    move_name("127.0.0.1");
    newborn = rig_on("breaker=2/1h", old);
    ck_assert_int_eq(load(newborn, "k"), FOUND);
    ck_assert_str_eq(
        shs_breaker_describe(&old->host_state->breaker, shs_clock_now()),
        "closed");
}
END_TEST

/* No request dials while it is open, and it would stay open for an hour. */
START_TEST(node_suspect__learns_the_new_address_behind_an_open_breaker)
{
    rig_t *rig;
    apr_time_t until = unit_in_ms(10000);

    move_name("127.0.0.9");
    rig = rig_on("breaker=2/1h", NULL);
    while (
        strcmp(shs_breaker_describe(&rig->host_state->breaker, shs_clock_now()),
               "open")) {
        ck_assert_int_eq(load(rig, "k"), UNAVAILABLE);
        ck_assert_int_lt(shs_clock_now(), until);
    }
    move_name("127.0.0.1");
    while (load(rig, "k") != FOUND) {
        ck_assert_int_lt(shs_clock_now(), until);
    }
}
END_TEST

/* Accepts connections at 127.0.0.9, on the actor's port, and never replies. */
static int listen_without_reply(void)
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
    { "", "the command comes first" },
    { ":secret@", "a handshake comes first" },
};

START_TEST(node_suspect__leaves_an_address_without_a_reply)
{
    int fd = listen_without_reply();
    rig_t *rig = rig_create(apr_psprintf(p, "redis://%sredis.test:%d",
                                         hangs[_i].login, actor_port(a)),
                            "breaker=off", NULL);
    apr_time_t moved_at;

    move_name("127.0.0.9");
    ck_assert_int_eq(load_within(200, rig, "k"), UNAVAILABLE);
    move_name("127.0.0.1");
    moved_at = shs_clock_now();
    while (load_within(200, rig, "k") != FOUND) {
        ck_assert_msg(shs_clock_now() - moved_at < SHS_RESOLVER_FRESH_FOR / 2,
                      "the old address is still used: %s", hangs[_i].why);
    }
    close(fd);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_stage, close_stage);
    tcase_add_test(tc,
                   node_dial__looks_the_name_up_when_each_address_has_failed);
    tcase_add_test(tc, node_dial__does_not_look_the_name_up_each_time);
    tcase_add_loop_test(tc, node_suspect__leaves_an_address_without_a_reply, 0,
                        ROWS(hangs));
    tcase_add_test(tc, node_resolved_subject__differs_at_another_address);
    tcase_add_test(tc,
                   node_suspect__learns_the_new_address_behind_an_open_breaker);
}

int main(void)
{
    return unit_main("node", add);
}
