/* SPDX-License-Identifier: Apache-2.0
 *
 * Without certificates: how a TLS connection treats wrong files and peers.
 * t/50-tls.t has real ones.
 */
#include "net/tls.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static const char *create(shs_tls_context_t **out, const char *ca,
                          const char *cert, const char *key)
{
    shs_tls_options_t options;

    memset(&options, 0, sizeof(options));
    options.ca = ca;
    options.cert = cert;
    options.key = key;
    options.name = "redis.test";
    return shs_tls_context_create(out, &options, p);
}

static const struct {
    const char *ca, *cert, *key;
    const char *said;
    const char *why;
} refused[] = {
    { "/nonexistent", NULL, NULL, "ca=/nonexistent", "no such file" },
    { "/dev/null", NULL, NULL, "ca=/dev/null", "no certificate in it" },
    { NULL, "/dev/null", NULL, "go together", "a certificate alone" },
    { NULL, NULL, "/dev/null", "go together", "a key alone" },
    { NULL, "/nonexistent", "/dev/null", "cert=/nonexistent", "no such file" },
    { NULL, "/dev/null", "/dev/null", "cert=/dev/null", "nothing in it" },
};

START_TEST(tls_context_create__names_the_wrong_file)
{
    shs_tls_context_t *context;
    const char *error =
        create(&context, refused[_i].ca, refused[_i].cert, refused[_i].key);

    ck_assert_msg(error && strstr(error, refused[_i].said), "%s: %s",
                  refused[_i].why, error ? error : "taken");
}
END_TEST

START_TEST(tls_handshake__waits_for_a_silent_peer_without_blocking)
{
    shs_tls_context_t *context;
    const char *reason = NULL;
    short events = 0;
    shs_tls_t *tls;
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    ck_assert_ptr_null(create(&context, NULL, NULL, NULL));
    tls = shs_tls_create(context, "redis.test", fds[0]);
    ck_assert_ptr_nonnull(tls);
    ck_assert_int_eq(shs_tls_handshake(tls, &events, &reason), 0);
    ck_assert_int_eq(events, POLLIN);
    ck_assert_ptr_null(reason);
    shs_tls_destroy(tls);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* What a Redis without TLS, or a proxy in between, may send. */
START_TEST(tls_handshake__fails_with_words_when_the_peer_speaks_no_tls)
{
    static const char *const said[] = { "-ERR unknown command\r\n",
                                        "HTTP/1.1 400 Bad Request\r\n\r\n",
                                        NULL };
    shs_tls_context_t *context;
    const char *reason = NULL;
    short events = 0;
    shs_tls_t *tls;
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    ck_assert_ptr_null(create(&context, NULL, NULL, NULL));
    tls = shs_tls_create(context, "redis.test", fds[0]);
    ck_assert_int_eq(shs_tls_handshake(tls, &events, &reason), 0);
    if (said[_i]) {
        ck_assert_int_gt(write(fds[1], said[_i], strlen(said[_i])), 0);
    }
    else {
        shutdown(fds[1], SHUT_WR);
    }
    ck_assert_int_eq(shs_tls_handshake(tls, &events, &reason), -1);
    ck_assert_ptr_nonnull(reason);
    ck_assert_ptr_nonnull(strstr(reason, "TLS"));
    ck_assert_msg(!said[_i] || strstr(reason, "write redis instead of rediss"),
                  "%s", reason);
    shs_tls_destroy(tls);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, tls_context_create__names_the_wrong_file, 0,
                        ROWS(refused));
    tcase_add_test(tc, tls_handshake__waits_for_a_silent_peer_without_blocking);
    tcase_add_loop_test(
        tc, tls_handshake__fails_with_words_when_the_peer_speaks_no_tls, 0, 3);
}

int main(void)
{
    return unit_main("tls", add);
}
