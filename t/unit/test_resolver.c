/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolver.h"

#include <pthread.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include "base/clock.h"
#include "unit.h"

/* ------------------------------------------------------ the name service
 * It replaces the C library's: slow, broken and generous on command. */

static int lookups;
static int delay_ms;

static struct addrinfo *address_of(int family, const void *address, int port)
{
    struct addrinfo *info = calloc(1, sizeof(*info));
    struct sockaddr_storage *storage = calloc(1, sizeof(*storage));
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    ck_assert(info && storage);
    info->ai_family = family;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addr = (struct sockaddr *)storage;
    memset(&in, 0, sizeof(in));
    memset(&in6, 0, sizeof(in6));
    if (family == AF_INET) {
        in.sin_family = AF_INET;
        in.sin_port = htons((unsigned short)port);
        memcpy(&in.sin_addr, address, sizeof(in.sin_addr));
        memcpy(storage, &in, sizeof(in));
        info->ai_addrlen = sizeof(in);
    }
    else {
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons((unsigned short)port);
        memcpy(&in6.sin6_addr, address, sizeof(in6.sin6_addr));
        memcpy(storage, &in6, sizeof(in6));
        info->ai_addrlen = sizeof(in6);
    }
    return info;
}

/* "N.test" has N addresses: 127.0.0.1, 127.0.0.2 and so on. */
int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    int port = service ? atoi(service) : 0;
    struct in_addr v4;
    struct in6_addr v6;
    int i;

    *out = NULL;
    if (inet_pton(AF_INET, node, &v4) == 1) {
        *out = address_of(AF_INET, &v4, port);
        return 0;
    }
    if (inet_pton(AF_INET6, node, &v6) == 1) {
        *out = address_of(AF_INET6, &v6, port);
        return 0;
    }
    if (hints && (hints->ai_flags & AI_NUMERICHOST)) {
        return EAI_NONAME;
    }
    __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
    poll(NULL, 0, __atomic_load_n(&delay_ms, __ATOMIC_SEQ_CST));
    if (!strstr(node, ".test")) {
        return EAI_NONAME;
    }
    for (i = atoi(node); i > 0; i--) {
        struct addrinfo *info;

        v4.s_addr = htonl(INADDR_LOOPBACK + (unsigned)i - 1);
        info = address_of(AF_INET, &v4, port);
        info->ai_next = *out;
        *out = info;
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *info)
{
    while (info) {
        struct addrinfo *next = info->ai_next;

        free(info->ai_addr);
        free(info);
        info = next;
    }
}

/* ------------------------------------------------------------------- tests */

static apr_status_t destroy(void *resolver)
{
    ck_assert_int_eq(shs_resolver_destroy(resolver), 1);
    return APR_SUCCESS;
}

/* Of a host, or of a Unix socket's path; destroyed with p. */
static shs_resolver_t *resolver_of(const char *host)
{
    shs_resolver_t *resolver = *host == '/' ? shs_resolver_create_unix(host)
                                            : shs_resolver_create(host, 6380);

    /* For tests that run in one process, as under valgrind. */
    lookups = 0;
    delay_ms = 0;

    ck_assert_ptr_nonnull(resolver);
    apr_pool_cleanup_register(p, resolver, destroy, apr_pool_cleanup_null);
    return resolver;
}

START_TEST(resolver_get__knows_an_ipv4_address_at_once)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("127.0.0.1");
    const char *reason = NULL;
    struct sockaddr_in in;

    /* The deadline has passed already: no wait is possible. */
    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(-1), &reason), 1);
    ck_assert_uint_eq(addresses[0].len, sizeof(in));
    memcpy(&in, &addresses[0].storage, sizeof(in));
    ck_assert_int_eq(in.sin_family, AF_INET);
    ck_assert_int_eq(ntohs(in.sin_port), 6380);
    ck_assert_uint_eq(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
}
END_TEST

START_TEST(resolver_get__knows_an_ipv6_address_at_once)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("::1");
    const char *reason = NULL;
    struct sockaddr_in6 in6;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(-1), &reason), 1);
    memcpy(&in6, &addresses[0].storage, sizeof(in6));
    ck_assert_int_eq(in6.sin6_family, AF_INET6);
    ck_assert_int_eq(ntohs(in6.sin6_port), 6380);
    ck_assert(IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr));
}
END_TEST

START_TEST(resolver_get__knows_a_socket_at_once)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("/run/redis.sock");
    const char *reason = NULL;
    struct sockaddr_un un;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(-1), &reason), 1);
    memset(&un, 0, sizeof(un));
    memcpy(&un, &addresses[0].storage, addresses[0].len);
    ck_assert_int_eq(un.sun_family, AF_UNIX);
    ck_assert_str_eq(un.sun_path, "/run/redis.sock");
}
END_TEST

START_TEST(resolver_get__looks_a_name_up)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("3.test");
    const char *reason = NULL;
    int i;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(5000), &reason), 3);
    for (i = 0; i < 3; i++) {
        struct sockaddr_in in;

        memcpy(&in, &addresses[i].storage, sizeof(in));
        ck_assert_int_eq(in.sin_family, AF_INET);
        ck_assert_int_eq(ntohs(in.sin_port), 6380);
        ck_assert_uint_eq(ntohl(in.sin_addr.s_addr),
                          INADDR_LOOPBACK + (unsigned)i);
        ck_assert_uint_eq(addresses[i].len, sizeof(in));
    }
}
END_TEST

START_TEST(resolver_get__keeps_the_answer)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("2.test");
    const char *reason = NULL;
    int i;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(5000), &reason), 2);
    for (i = 0; i < 100; i++) {
        ck_assert_int_eq(
            shs_resolver_get(addresses, resolver, unit_in_ms(-1), &reason), 2);
    }
    ck_assert_int_eq(lookups, 1);
}
END_TEST

START_TEST(resolver_get__gives_no_more_than_fit)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("20.test");
    const char *reason = NULL;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(5000), &reason),
        SHS_RESOLVER_MAX);
}
END_TEST

static const char *const unknown[] = { "no-such-host.invalid", "0.test" };

START_TEST(resolver_get__says_why_a_name_has_no_address)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of(unknown[_i]);
    const char *reason = NULL;

    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(300), &reason), 0);
    ck_assert_msg(reason && *reason, "no reason");
}
END_TEST

START_TEST(resolver_get__never_waits_past_the_deadline)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("1.test");
    const char *reason = NULL;
    apr_time_t begun;
    apr_time_t deadline;

    __atomic_store_n(&delay_ms, 600 + 2 * unit_slack_ms(), __ATOMIC_SEQ_CST);
    begun = shs_clock_now();
    deadline = unit_in_ms(50);
    ck_assert_int_eq(shs_resolver_get(addresses, resolver, deadline, &reason),
                     0);
    ck_assert_msg(reason && *reason, "no reason");
    ck_assert_int_ge(shs_clock_now(), deadline - 1000);
    ck_assert_int_le(shs_clock_now(),
                     deadline + unit_slack_ms() * (apr_time_t)1000);
    /* The result that came too late for one request is there for the next. */
    ck_assert_int_eq(shs_resolver_get(addresses, resolver,
                                      begun + apr_time_from_sec(20), &reason),
                     1);
    ck_assert_int_eq(lookups, 1);
}
END_TEST

/* Its thread would find freed memory. */
START_TEST(resolver_destroy__does_nothing_while_a_name_is_looked_up)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    shs_resolver_t *resolver = resolver_of("1.test");
    const char *reason = NULL;

    __atomic_store_n(&delay_ms, 100, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(-1), &reason), 0);
    ck_assert_int_eq(shs_resolver_destroy(resolver), 0);
    ck_assert_int_eq(
        shs_resolver_get(addresses, resolver, unit_in_ms(20000), &reason), 1);
}
END_TEST

START_TEST(resolver_get__does_not_look_an_address_up)
{
    shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
    const char *reason = NULL;

    shs_resolver_get(addresses, resolver_of("127.0.0.1"), unit_in_ms(100),
                     &reason);
    shs_resolver_get(addresses, resolver_of("::1"), unit_in_ms(100), &reason);
    shs_resolver_get(addresses, resolver_of("/s"), unit_in_ms(100), &reason);
    ck_assert_int_eq(lookups, 0);
}
END_TEST

static shs_resolver_t *host_state;

static void *get_many(void *wrong)
{
    int i;

    for (i = 0; i < 200; i++) {
        shs_resolver_address_t addresses[SHS_RESOLVER_MAX];
        const char *reason = NULL;

        if (shs_resolver_get(addresses, host_state, unit_in_ms(5000), &reason)
            < 1) {
            *(int *)wrong += 1;
        }
    }
    return NULL;
}

START_TEST(resolver_get__is_safe_from_any_thread)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int wrong[THREADS] = { 0 };
    int i;

    host_state = resolver_of("1.test");
    for (i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, get_many, &wrong[i]),
                         0);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(wrong[i], 0);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, resolver_get__knows_an_ipv4_address_at_once);
    tcase_add_test(tc, resolver_get__knows_an_ipv6_address_at_once);
    tcase_add_test(tc, resolver_get__knows_a_socket_at_once);
    tcase_add_test(tc, resolver_get__looks_a_name_up);
    tcase_add_test(tc, resolver_get__keeps_the_answer);
    tcase_add_test(tc, resolver_get__gives_no_more_than_fit);
    tcase_add_loop_test(tc, resolver_get__says_why_a_name_has_no_address, 0,
                        ROWS(unknown));
    tcase_add_test(tc,
                   resolver_destroy__does_nothing_while_a_name_is_looked_up);
    tcase_add_test(tc, resolver_get__does_not_look_an_address_up);
    tcase_add_test(tc, resolver_get__never_waits_past_the_deadline);
    tcase_add_test(tc, resolver_get__is_safe_from_any_thread);
}

int main(void)
{
    return unit_main("resolver", add);
}
