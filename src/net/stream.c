/* SPDX-License-Identifier: Apache-2.0 */
#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "base/clock.h"
#include "base/halt.h"

/* A wait of at least this long may block in recv(2), whose timeout is late by
 * up to some ticks of the system's clock. */
#define MIN_BLOCKING_WAIT (80 * 1000)
#define RECEIVE_LATENESS  (20 * 1000)

struct shs_stream_t {
    int fd;
    apr_interval_time_t
        receive_timeout; /* of recv(2); 0: not set, -1: not supported */
    shs_tls_t *tls;      /* NULL: none */
};

void shs_stream_close(shs_stream_t *stream)
{
    if (stream->tls) {
        shs_tls_destroy(stream->tls);
    }
    close(stream->fd);
    free(stream);
}

static shs_stream_status_t start_tls(shs_stream_t *stream,
                                     const shs_tls_context_t *context,
                                     const char *host, apr_time_t deadline,
                                     const char **reason)
{
    short events = 0;
    int is_done = 0;

    stream->tls = shs_tls_create(context, host, stream->fd);
    if (!stream->tls) {
        *reason = "no memory";
        return SHS_STREAM_ENDED;
    }
    while (!is_done) {
        is_done = shs_tls_handshake(stream->tls, &events, reason);
        if (!is_done && !shs_socket_wait(stream->fd, events, deadline)) {
            *reason = shs_tls_has_received(stream->tls)
                          ? "no TLS handshake by the deadline"
                          : "no TLS handshake by the deadline, not even the"
                            " first octet (if it speaks no TLS, in the URL"
                            " write redis instead of rediss)";
            return SHS_STREAM_LATE;
        }
    }
    return is_done == 1 ? SHS_STREAM_OK : SHS_STREAM_ENDED;
}

shs_stream_status_t shs_stream_open(shs_stream_t **out,
                                    const shs_resolver_address_t *addresses,
                                    int count, const shs_tls_context_t *context,
                                    const char *host, apr_time_t deadline,
                                    const char **reason)
{
    shs_stream_status_t status = SHS_STREAM_OK;
    shs_stream_t *stream;
    int fd = shs_socket_connect(addresses, count, deadline, reason);

    if (fd < 0) {
        return shs_clock_now() < deadline ? SHS_STREAM_ENDED : SHS_STREAM_LATE;
    }
    stream = calloc(1, sizeof(*stream));
    if (!stream) {
        *reason = "no memory";
        close(fd);
        return SHS_STREAM_ENDED;
    }
    stream->fd = fd;
    if (context) {
        status = start_tls(stream, context, host, deadline, reason);
    }
    if (status != SHS_STREAM_OK) {
        shs_stream_close(stream);
        return status;
    }
    *out = stream;
    return SHS_STREAM_OK;
}

/* These two are send(2) and recv(2), or TLS. They return the number of octets;
 * 0 and *events if they would block; -1 if the connection has ended. */
static ssize_t send_octets(shs_stream_t *stream, shs_octets_t octets,
                           short *events)
{
    ssize_t sent;

    if (stream->tls) {
        return shs_tls_send(stream->tls, octets.data, octets.len, events);
    }
    sent =
        send(stream->fd, octets.data, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0
        && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        *events = POLLOUT;
        return 0;
    }
    return sent;
}

static ssize_t receive_octets(shs_stream_t *stream, char *buffer, size_t len,
                              int flags, short *events)
{
    ssize_t got;

    if (stream->tls) {
        return shs_tls_receive(stream->tls, buffer, len, events);
    }
    got = recv(stream->fd, buffer, len, flags);
    if (got < 0
        && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        *events = POLLIN;
        return 0;
    }
    return got > 0 ? got : -1;
}

shs_stream_status_t shs_stream_send(shs_stream_t *stream, shs_octets_t octets,
                                    apr_time_t deadline)
{
    while (octets.len > 0) {
        short events = 0;
        ssize_t sent = send_octets(stream, octets, &events);

        if (sent < 0) {
            return SHS_STREAM_ENDED;
        }
        octets.data += sent;
        octets.len -= (apr_size_t)sent;
        if (sent == 0 && !shs_socket_wait(stream->fd, events, deadline)) {
            return SHS_STREAM_LATE;
        }
    }
    return SHS_STREAM_OK;
}

/* Whether recv(2) may wait instead of poll(2). Its timeout is set once a
 * connection, to three quarters of the first wait, because nearly all waits on
 * a connection are equally long. poll(2) waits for the rest. */
static int may_block(shs_stream_t *stream, apr_time_t deadline)
{
    apr_interval_time_t left = deadline - shs_clock_now();

    if (shs_halt_is_obeyed()) {
        return 0; /* a halt would not end the wait */
    }
    if (stream->receive_timeout == 0 && left >= MIN_BLOCKING_WAIT) {
        stream->receive_timeout = left - left / 4;
        if (!shs_socket_set_receive_timeout(stream->fd,
                                            stream->receive_timeout)) {
            stream->receive_timeout = -1;
        }
    }
    return stream->receive_timeout > 0
           && left >= stream->receive_timeout + RECEIVE_LATENESS;
}

/* It waits before it reads, because the first read would find nothing, except
 * for octets that TLS has read ahead. */
shs_stream_status_t shs_stream_receive(shs_stream_t *stream, char *buffer,
                                       apr_size_t len, apr_size_t *got,
                                       apr_time_t deadline)
{
    short events = POLLIN;
    int must_wait = !shs_stream_has_pending(stream);
    ssize_t count = 0;

    if (!stream->tls && may_block(stream, deadline)) {
        count = receive_octets(stream, buffer, len, 0, &events);
    }
    while (count == 0) {
        if (must_wait && !shs_socket_wait(stream->fd, events, deadline)) {
            return SHS_STREAM_LATE;
        }
        count = receive_octets(stream, buffer, len, MSG_DONTWAIT, &events);
        must_wait = 1;
    }
    if (count < 0) {
        return SHS_STREAM_ENDED;
    }
    *got = (apr_size_t)count;
    return SHS_STREAM_OK;
}

/* With TLS too: a connection on which anything arrives unasked, even a record
 * of the protocol, is not worth a risk. */
int shs_stream_is_silent(const shs_stream_t *stream)
{
    char octet;
    ssize_t got = recv(stream->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
           && !shs_stream_has_pending(stream);
}

int shs_stream_has_pending(const shs_stream_t *stream)
{
    return stream->tls && shs_tls_has_pending(stream->tls);
}

int shs_stream_fd(const shs_stream_t *stream)
{
    return stream->fd;
}

int shs_stream_is_tls(const shs_stream_t *stream)
{
    return stream->tls != NULL;
}

const char *shs_stream_close_reason(const shs_stream_t *stream)
{
    return stream->tls ? shs_tls_close_reason(stream->tls) : NULL;
}
