/* SPDX-License-Identifier: Apache-2.0
 *
 * stream: a connected socket, plain or with TLS, that sends and receives octets
 * with a deadline. It knows no protocol.
 */
#ifndef SHS_NET_STREAM_H
#define SHS_NET_STREAM_H

#include <sys/types.h>

#include <apr_time.h>

#include "net/resolver.h"
#include "net/tls.h"
#include "base/octets.h"

typedef struct shs_stream_t shs_stream_t;

typedef enum shs_stream_status_t {
    SHS_STREAM_OK,
    SHS_STREAM_LATE, /* the deadline passed, or the thread was halted */
    SHS_STREAM_ENDED /* the connection failed, or the peer closed it */
} shs_stream_status_t;

/* Connects to the first address that accepts, and speaks TLS with `host` if a
 * context is given. Returns OK and *out, to be closed by shs_stream_close(); or
 * LATE or ENDED and *reason (static text). */
shs_stream_status_t shs_stream_open(shs_stream_t **out,
                                    const shs_resolver_address_t *addresses,
                                    int count, const shs_tls_context_t *context,
                                    const char *host, apr_time_t deadline,
                                    const char **reason);

void shs_stream_close(shs_stream_t *stream);

/* Sends all octets. */
shs_stream_status_t shs_stream_send(shs_stream_t *stream, shs_octets_t octets,
                                    apr_time_t deadline);

/* Waits for octets, and sets *got to the number that was read: 1 to len after
 * OK. */
shs_stream_status_t shs_stream_receive(shs_stream_t *stream, char *buffer,
                                       apr_size_t len, apr_size_t *got,
                                       apr_time_t deadline);

/* Whether it is open and silent. One system call, no round trip. */
int shs_stream_is_silent(const shs_stream_t *stream);

/* Whether shs_stream_receive() has octets even if the socket has none. */
int shs_stream_has_pending(const shs_stream_t *stream);

/* For poll(2). */
int shs_stream_fd(const shs_stream_t *stream);

/* Whether it speaks TLS; and why the server closed it, by its last alert:
 * static text, or NULL if that is not known. */
int shs_stream_is_tls(const shs_stream_t *stream);
const char *shs_stream_close_reason(const shs_stream_t *stream);

#endif
