/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/conn.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "net/stream.h"
#include "base/clock.h"
#include "base/halt.h"

/* The most octets that one read takes. */
#define READ_MAX 16384

struct shs_conn_t {
    shs_stream_t *stream;
    apr_time_t used_at;
    apr_uint32_t run_id;
    apr_uint32_t generation;
    shs_resp_t *resp;
    int may_need_tls; /* nothing was received yet, and TLS is not used */
};

static const char no_reply_by_deadline[] = "no reply by the deadline";

void shs_conn_close(shs_conn_t *conn)
{
    shs_resp_destroy(conn->resp);
    shs_stream_close(conn->stream);
    free(conn);
}

/* Without memory the stream is closed. */
static shs_conn_t *create(shs_stream_t *stream)
{
    shs_conn_t *conn = calloc(1, sizeof(*conn));
    shs_resp_t *resp = shs_resp_create();

    if (!conn || !resp) {
        if (resp) {
            shs_resp_destroy(resp);
        }
        free(conn);
        shs_stream_close(stream);
        return NULL;
    }
    conn->stream = stream;
    conn->resp = resp;
    conn->used_at = shs_clock_now();
    return conn;
}

shs_conn_status_t shs_conn_open(shs_conn_t **out,
                                const shs_resolver_address_t *addresses,
                                int count, const shs_tls_context_t *context,
                                const char *host, apr_time_t deadline,
                                const char **reason)
{
    shs_stream_t *stream;

    switch (shs_stream_open(&stream, addresses, count, context, host, deadline,
                            reason)) {
    case SHS_STREAM_OK:
        break;
    case SHS_STREAM_LATE:
        return SHS_CONN_TIMEOUT;
    case SHS_STREAM_ENDED:
        return SHS_CONN_FAILED;
    }
    *out = create(stream);
    if (!*out) {
        *reason = "no memory";
        return SHS_CONN_FAILED;
    }
    (*out)->may_need_tls = !context && *host != '/';
    return SHS_CONN_OK;
}

/* Why the server may have closed the connection. */
static const char *describe_close(const shs_conn_t *conn)
{
    const char *reason = shs_stream_close_reason(conn->stream);

    return reason               ? reason
           : conn->may_need_tls ? "the server closed the connection and has"
                                  " said nothing (if it wants TLS, in the URL"
                                  " write rediss instead of redis)"
                                : "the server closed the connection";
}

/* Whether the octets begin a record of TLS, such as an alert (RFC 8446 section
 * 5.1). */
static int is_tls_record(const char *octets, apr_size_t len)
{
    return len >= 2 && octets[0] >= 0x14 && octets[0] <= 0x17 && octets[1] == 3;
}

static shs_conn_status_t send_all(shs_conn_t *conn, shs_octets_t octets,
                                  apr_time_t deadline, const char **reason)
{
    switch (shs_stream_send(conn->stream, octets, deadline)) {
    case SHS_STREAM_OK:
        break;
    case SHS_STREAM_LATE:
        *reason = no_reply_by_deadline;
        return SHS_CONN_TIMEOUT;
    case SHS_STREAM_ENDED:
        *reason = describe_close(conn);
        return SHS_CONN_DEAD;
    }
    return SHS_CONN_OK;
}

shs_conn_status_t shs_conn_receive_octets(shs_conn_t *conn, char *buffer,
                                          apr_size_t len, apr_size_t *got,
                                          int has_begun, apr_time_t deadline,
                                          const char **reason)
{
    switch (shs_stream_receive(conn->stream, buffer, len, got, deadline)) {
    case SHS_STREAM_OK:
        break;
    case SHS_STREAM_LATE:
        *reason = has_begun ? "the reply was not complete by the deadline"
                            : no_reply_by_deadline;
        return SHS_CONN_TIMEOUT;
    case SHS_STREAM_ENDED:
        *reason = has_begun ? "the server closed the connection within a"
                              " reply"
                            : describe_close(conn);
        return has_begun ? SHS_CONN_FAILED : SHS_CONN_DEAD;
    }
    if (conn->may_need_tls && is_tls_record(buffer, *got)) {
        *reason = "it speaks TLS (in the URL write rediss instead of redis)";
        return SHS_CONN_FAILED;
    }
    conn->may_need_tls = 0;
    conn->used_at = shs_clock_now();
    return SHS_CONN_OK;
}

/* Reads the next octets into the parser. */
static shs_conn_status_t receive(shs_conn_t *conn, int *has_begun,
                                 apr_time_t deadline, const char **reason)
{
    char buffer[READ_MAX];
    apr_size_t got = 0;
    shs_conn_status_t status = shs_conn_receive_octets(
        conn, buffer, sizeof(buffer), &got, *has_begun, deadline, reason);

    if (status != SHS_CONN_OK) {
        return status;
    }
    *has_begun = 1;
    switch (shs_resp_feed(conn->resp, buffer, got)) {
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
        if (shs_stream_has_pending(conns[i]->stream)) {
            return;
        }
        fds[i].fd = shs_stream_fd(conns[i]->stream);
        fds[i].events = POLLIN;
        fds[i].revents = 0;
    }
    shs_halt_poll(fds, (nfds_t)i, shs_clock_left_ms(deadline));
}

int shs_conn_is_usable(const shs_conn_t *conn)
{
    return shs_stream_is_silent(conn->stream);
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
