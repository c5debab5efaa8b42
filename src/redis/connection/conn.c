/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "base/clock.h"
#include "base/halt.h"

/* The most octets that one read takes. */
#define READ_MAX 16384

/* A wait of at least this long may block in recv(2), whose timeout is late by
 * up to some ticks of the system's clock. */
#define MIN_BLOCKING_WAIT (80 * 1000)
#define RECEIVE_LATENESS  (20 * 1000)

struct shs_conn_t {
    int fd;
    apr_interval_time_t
        receive_timeout; /* of recv(2); 0: not set, -1: not supported */
    shs_tls_t *tls;      /* NULL: none */
    apr_time_t used_at;
    apr_uint32_t run_id;
    apr_uint32_t generation;
    shs_resp_t *resp;
    int may_need_tls; /* nothing was received yet, and TLS is not used */
};

static const char no_reply_by_deadline[] = "no reply by the deadline";

void shs_conn_close(shs_conn_t *conn)
{
    if (conn->tls) {
        shs_tls_destroy(conn->tls);
    }
    if (conn->resp) {
        shs_resp_destroy(conn->resp);
    }
    close(conn->fd);
    free(conn);
}

static shs_conn_status_t start_tls(shs_conn_t *conn,
                                   const shs_tls_context_t *context,
                                   const char *host, apr_time_t deadline,
                                   const char **reason)
{
    short events = 0;
    int is_done = 0;

    conn->tls = shs_tls_create(context, host, conn->fd);
    if (!conn->tls) {
        *reason = "no memory";
        return SHS_CONN_FAILED;
    }
    while (!is_done) {
        is_done = shs_tls_handshake(conn->tls, &events, reason);
        if (!is_done && !shs_socket_wait(conn->fd, events, deadline)) {
            *reason = shs_tls_has_received(conn->tls)
                          ? "no TLS handshake by the deadline"
                          : "no TLS handshake by the deadline, not even the"
                            " first octet (if it speaks no TLS, in the URL"
                            " write redis instead of rediss)";
            return SHS_CONN_TIMEOUT;
        }
    }
    return is_done == 1 ? SHS_CONN_OK : SHS_CONN_FAILED;
}

shs_conn_status_t shs_conn_open(shs_conn_t **out,
                                const shs_resolver_address_t *addresses,
                                int count, const shs_tls_context_t *context,
                                const char *host, apr_time_t deadline,
                                const char **reason)
{
    shs_conn_status_t status = SHS_CONN_OK;
    shs_conn_t *conn;
    int fd = shs_socket_connect(addresses, count, deadline, reason);

    if (fd < 0) {
        return shs_clock_now() < deadline ? SHS_CONN_FAILED : SHS_CONN_TIMEOUT;
    }
    conn = calloc(1, sizeof(*conn));
    if (!conn) {
        *reason = "no memory";
        close(fd);
        return SHS_CONN_FAILED;
    }
    conn->fd = fd;
    conn->resp = shs_resp_create();
    if (!conn->resp) {
        *reason = "no memory";
        status = SHS_CONN_FAILED;
    }
    else if (context) {
        status = start_tls(conn, context, host, deadline, reason);
    }
    if (status != SHS_CONN_OK) {
        shs_conn_close(conn);
        return status;
    }
    conn->used_at = shs_clock_now();
    conn->may_need_tls = !context && *host != '/';
    *out = conn;
    return SHS_CONN_OK;
}

/* Why the server may have closed the connection. */
static const char *describe_close(const shs_conn_t *conn)
{
    const char *reason = conn->tls ? shs_tls_close_reason(conn->tls) : NULL;

    return reason               ? reason
           : conn->may_need_tls ? "the server closed the connection and has"
                                  " said nothing (if it wants TLS, in the URL"
                                  " write rediss instead of redis)"
                                : "the server closed the connection";
}

/* Whether the octets begin a record of TLS, such as an alert (RFC 8446 section
 * 5.1). */
static int is_tls_record(const char *octets, ssize_t len)
{
    return len >= 2 && octets[0] >= 0x14 && octets[0] <= 0x17 && octets[1] == 3;
}

/* These two are send(2) and recv(2), or TLS. They return the number of octets;
 * 0 and *events if they would block; -1 if the connection has ended. */
static ssize_t send_octets(shs_conn_t *conn, shs_octets_t octets, short *events)
{
    ssize_t sent;

    if (conn->tls) {
        return shs_tls_send(conn->tls, octets.data, octets.len, events);
    }
    sent = send(conn->fd, octets.data, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0
        && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        *events = POLLOUT;
        return 0;
    }
    return sent;
}

static ssize_t receive_octets(shs_conn_t *conn, char *buffer, size_t len,
                              int flags, short *events)
{
    ssize_t got;

    if (conn->tls) {
        return shs_tls_receive(conn->tls, buffer, len, events);
    }
    got = recv(conn->fd, buffer, len, flags);
    if (got < 0
        && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        *events = POLLIN;
        return 0;
    }
    return got > 0 ? got : -1;
}

static shs_conn_status_t send_all(shs_conn_t *conn, shs_octets_t octets,
                                  apr_time_t deadline, const char **reason)
{
    while (octets.len > 0) {
        short events = 0;
        ssize_t sent = send_octets(conn, octets, &events);

        if (sent < 0) {
            *reason = describe_close(conn);
            return SHS_CONN_DEAD;
        }
        octets.data += sent;
        octets.len -= (apr_size_t)sent;
        if (sent == 0 && !shs_socket_wait(conn->fd, events, deadline)) {
            *reason = no_reply_by_deadline;
            return SHS_CONN_TIMEOUT;
        }
    }
    return SHS_CONN_OK;
}

/* Whether recv(2) may wait instead of poll(2). Its timeout is set once a
 * connection, to three quarters of the first wait, because nearly all waits on
 * a connection are equally long. poll(2) waits for the rest. */
static int may_block(shs_conn_t *conn, apr_time_t deadline)
{
    apr_interval_time_t left = deadline - shs_clock_now();

    if (shs_halt_is_obeyed()) {
        return 0; /* a halt would not end the wait */
    }
    if (conn->receive_timeout == 0 && left >= MIN_BLOCKING_WAIT) {
        conn->receive_timeout = left - left / 4;
        if (!shs_socket_set_receive_timeout(conn->fd, conn->receive_timeout)) {
            conn->receive_timeout = -1;
        }
    }
    return conn->receive_timeout > 0
           && left >= conn->receive_timeout + RECEIVE_LATENESS;
}

/* Waits for octets and reads those that are there. It waits before it reads,
 * because the first read would find nothing, except for octets that TLS has
 * read ahead. */
static shs_conn_status_t receive_some(ssize_t *got, char *buffer, size_t len,
                                      shs_conn_t *conn, apr_time_t deadline)
{
    short events = POLLIN;
    int must_wait = !conn->tls || !shs_tls_has_pending(conn->tls);

    *got = 0;
    if (!conn->tls && may_block(conn, deadline)) {
        *got = receive_octets(conn, buffer, len, 0, &events);
    }
    while (*got == 0) {
        if (must_wait && !shs_socket_wait(conn->fd, events, deadline)) {
            return SHS_CONN_TIMEOUT;
        }
        *got = receive_octets(conn, buffer, len, MSG_DONTWAIT, &events);
        must_wait = 1;
    }
    return *got > 0 ? SHS_CONN_OK : SHS_CONN_DEAD;
}

/* Reads the next octets into the parser. */
static shs_conn_status_t receive(shs_conn_t *conn, int *has_begun,
                                 apr_time_t deadline, const char **reason)
{
    char buffer[READ_MAX];
    ssize_t got = 0;

    switch (receive_some(&got, buffer, sizeof(buffer), conn, deadline)) {
    case SHS_CONN_OK:
        break;
    case SHS_CONN_DEAD:
        *reason = *has_begun ? "the server closed the connection within a"
                               " reply"
                             : describe_close(conn);
        return *has_begun ? SHS_CONN_FAILED : SHS_CONN_DEAD;
    default:
        *reason = *has_begun ? "the reply was not complete by the deadline"
                             : no_reply_by_deadline;
        return SHS_CONN_TIMEOUT;
    }
    *has_begun = 1;
    if (conn->may_need_tls && is_tls_record(buffer, got)) {
        *reason = "it speaks TLS (in the URL write rediss instead of redis)";
        return SHS_CONN_FAILED;
    }
    conn->may_need_tls = 0;
    switch (shs_resp_feed(conn->resp, buffer, (apr_size_t)got)) {
    case SHS_RESP_TOO_LARGE:
        *reason = "the reply is larger than allowed";
        return SHS_CONN_TOO_LARGE;
    case SHS_RESP_GARBAGE:
        *reason = "the reply is not the Redis protocol, or no memory is left";
        return SHS_CONN_FAILED;
    default:
        return SHS_CONN_OK;
    }
}

static shs_conn_status_t receive_reply(shs_reply_t **reply, shs_conn_t *conn,
                                       int *has_begun, apr_time_t deadline,
                                       const char **reason)
{
    for (;;) {
        shs_conn_status_t status;

        switch (shs_resp_next(reply, conn->resp)) {
        case SHS_RESP_REPLY:
            return SHS_CONN_OK;
        case SHS_RESP_TOO_LARGE:
            *reason = "the reply is larger than allowed";
            return SHS_CONN_TOO_LARGE;
        case SHS_RESP_GARBAGE:
            *reason = "the reply is not the Redis protocol";
            return SHS_CONN_FAILED;
        case SHS_RESP_MORE:
            break;
        }
        status = receive(conn, has_begun, deadline, reason);
        if (status != SHS_CONN_OK) {
            return status;
        }
    }
}

shs_conn_status_t shs_conn_execute(shs_reply_t **replies, int count,
                                   shs_conn_t *conn, shs_octets_t commands,
                                   shs_resp_limits_t limits,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p)
{
    shs_conn_status_t status;
    int has_begun = 0;
    int i;

    memset(replies, 0, (size_t)count * sizeof(*replies));
    shs_resp_begin(conn->resp, limits, p);
    status = send_all(conn, commands, deadline, reason);
    for (i = 0; status == SHS_CONN_OK && i < count; ++i) {
        status = receive_reply(&replies[i], conn, &has_begun, deadline, reason);
    }
    if (status == SHS_CONN_OK && !shs_resp_is_drained(conn->resp)) {
        *reason = "the server sent more than it was asked for";
        status = SHS_CONN_FAILED;
    }
    conn->used_at = shs_clock_now();
    return status;
}

void shs_conn_begin(shs_conn_t *conn, shs_resp_limits_t limits, apr_pool_t *p)
{
    shs_resp_begin(conn->resp, limits, p);
}

shs_conn_status_t shs_conn_send(shs_conn_t *conn, shs_octets_t commands,
                                apr_time_t deadline, const char **reason)
{
    return send_all(conn, commands, deadline, reason);
}

shs_conn_status_t shs_conn_receive(shs_reply_t **reply, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason)
{
    int has_begun = 0;

    return receive_reply(reply, conn, &has_begun, deadline, reason);
}

void shs_conn_wait(shs_conn_t *const *conns, int count, apr_time_t deadline)
{
    struct pollfd fds[SHS_CONN_WAIT_MAX + 1];
    int i;

    for (i = 0; i < count && i < SHS_CONN_WAIT_MAX; ++i) {
        if (conns[i]->tls && shs_tls_has_pending(conns[i]->tls)) {
            return;
        }
        fds[i].fd = conns[i]->fd;
        fds[i].events = POLLIN;
        fds[i].revents = 0;
    }
    shs_halt_poll(fds, (nfds_t)i, shs_clock_left_ms(deadline));
}

/* With TLS too: a connection on which anything arrives unasked, even a record
 * of the protocol, is not worth a risk. */
int shs_conn_is_usable(const shs_conn_t *conn)
{
    char octet;
    ssize_t got = recv(conn->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
           && !(conn->tls && shs_tls_has_pending(conn->tls));
}

void shs_conn_expect_resp3(shs_conn_t *conn)
{
    shs_resp_expect_resp3(conn->resp);
}

void shs_conn_set_run_id(shs_conn_t *conn, apr_uint32_t run_id)
{
    conn->run_id = run_id;
}

apr_uint32_t shs_conn_run_id(const shs_conn_t *conn)
{
    return conn->run_id;
}

void shs_conn_set_generation(shs_conn_t *conn, apr_uint32_t generation)
{
    conn->generation = generation;
}

apr_uint32_t shs_conn_generation(const shs_conn_t *conn)
{
    return conn->generation;
}

int shs_conn_is_unanswered(shs_conn_status_t status)
{
    return status == SHS_CONN_DEAD || status == SHS_CONN_TIMEOUT
           || status == SHS_CONN_FAILED;
}

apr_time_t shs_conn_used_at(const shs_conn_t *conn)
{
    return conn->used_at;
}
