/* SPDX-License-Identifier: Apache-2.0 */
#include "net/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

/* A listening socket on loopback, or, once closed, a port that refuses. */
static int listen_on(shs_resolver_address_t *address)
{
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    memset(address, 0, sizeof(*address));
    memcpy(&address->storage, &in, sizeof(in));
    address->len = sizeof(in);
    return fd;
}

START_TEST(socket_connect__returns_a_close_on_exec_socket)
{
    shs_resolver_address_t address;
    const char *reason = NULL;
    int listening = listen_on(&address);
    int fd = shs_socket_connect(&address, 1, unit_in_ms(5000), &reason);

    ck_assert_int_ge(fd, 0);
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    close(listening);
}
END_TEST

/* The system's default is two hours. */
START_TEST(socket_connect__enables_keepalive)
{
    static const struct {
        int level;
        int name;
        int most;
    } options[] = { { SOL_SOCKET, SO_KEEPALIVE, 1 },
                    { IPPROTO_TCP, TCP_KEEPIDLE, 15 },
                    { IPPROTO_TCP, TCP_KEEPINTVL, 5 },
                    { IPPROTO_TCP, TCP_KEEPCNT, 3 } };
    shs_resolver_address_t address;
    const char *reason = NULL;
    int listening = listen_on(&address);
    int fd = shs_socket_connect(&address, 1, unit_in_ms(5000), &reason);
    int i;

    ck_assert_int_ge(fd, 0);
    for (i = 0; i < (int)(sizeof(options) / sizeof(options[0])); i++) {
        socklen_t len = sizeof(int);
        int value = 0;

        ck_assert_int_eq(
            getsockopt(fd, options[i].level, options[i].name, &value, &len), 0);
        ck_assert_int_ge(value, 1);
        ck_assert_int_le(value, options[i].most);
    }
    close(fd);
    close(listening);
}
END_TEST

START_TEST(socket_connect__goes_on_to_the_address_that_accepts)
{
    shs_resolver_address_t addresses[2];
    const char *reason = NULL;
    int listening, fd;

    close(listen_on(&addresses[0]));
    listening = listen_on(&addresses[1]);
    fd = shs_socket_connect(addresses, 2, unit_in_ms(5000), &reason);
    ck_assert_int_ge(fd, 0);
    close(fd);
    close(listening);
}
END_TEST

START_TEST(socket_connect__says_why_no_address_accepted)
{
    shs_resolver_address_t address;
    struct sockaddr_un un;
    const char *reason = NULL;

    close(listen_on(&address));
    ck_assert_int_eq(shs_socket_connect(&address, 1, unit_in_ms(5000), &reason),
                     -1);
    ck_assert_str_eq(reason, "connection refused");
    memset(&un, 0, sizeof(un));
    un.sun_family = AF_UNIX;
    strcpy(un.sun_path, "/nonexistent/redis.sock");
    memset(&address, 0, sizeof(address));
    memcpy(&address.storage, &un, sizeof(un));
    address.len = sizeof(un);
    ck_assert_int_eq(shs_socket_connect(&address, 1, unit_in_ms(5000), &reason),
                     -1);
    ck_assert_str_eq(reason, "the Unix socket does not exist");
}
END_TEST

START_TEST(socket_wait__ends_at_the_deadline_and_not_before)
{
    apr_time_t deadline = unit_in_ms(60);
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(shs_socket_wait(fds[0], POLLIN, deadline), 0);
    ck_assert(shs_clock_now() >= deadline);
    ck_assert(shs_clock_now() < deadline + unit_slack_ms() * (apr_time_t)1000);
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    ck_assert_int_eq(shs_socket_wait(fds[0], POLLIN, unit_in_ms(5000)), 1);
    ck_assert_msg(!shs_socket_wait(fds[0], POLLIN, deadline),
                  "a deadline that has passed is not waited for");
    close(fds[0]);
    close(fds[1]);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, socket_connect__returns_a_close_on_exec_socket);
    tcase_add_test(tc, socket_connect__enables_keepalive);
    tcase_add_test(tc, socket_connect__goes_on_to_the_address_that_accepts);
    tcase_add_test(tc, socket_connect__says_why_no_address_accepted);
    tcase_add_test(tc, socket_wait__ends_at_the_deadline_and_not_before);
}

int main(void)
{
    return unit_main("socket", add);
}
