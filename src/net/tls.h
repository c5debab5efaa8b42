/* SPDX-License-Identifier: Apache-2.0
 *
 * tls: TLS 1.2 and later (RFC 8446) over a non-blocking socket, by OpenSSL.
 * Both the certificate's chain and its name are checked (RFC 9525) unless
 * verification is switched off. hiredis supports TLS only from version 1.0 on,
 * and without deadlines, so the connection layer does not use it for TLS.
 */
#ifndef SHS_NET_TLS_H
#define SHS_NET_TLS_H

#include <sys/types.h>

#include <apr_pools.h>

/* The TLS options. NULL: not set. Paths are absolute. */
typedef struct shs_tls_options_t {
    const char *ca;    /* file or directory of trusted certificates (PEM); NULL:
                        * those of the system */
    const char *cert;  /* our certificate and its chain (PEM) ... */
    const char *key;   /* ... and its key, not encrypted */
    const char *name;  /* the name or address that the server's certificate must
                        * match; NULL: the host that was dialled */
    int is_unverified; /* any certificate is accepted */
} shs_tls_options_t;

/* Shared by all connections of one store. Created while the configuration is
 * read, used by all children, freed with its pool. */
typedef struct shs_tls_context_t shs_tls_context_t;

/* Returns NULL and sets *out, or returns what is wrong and the cure. Reads the
 * files. */
const char *shs_tls_context_create(shs_tls_context_t **out,
                                   const shs_tls_options_t *options,
                                   apr_pool_t *p);

/* One connection's TLS. */
typedef struct shs_tls_t shs_tls_t;

/* For a socket that is connected to `host`; the caller still owns the socket.
 * NULL without memory. */
shs_tls_t *shs_tls_create(const shs_tls_context_t *context, const char *host,
                          int fd);
void shs_tls_destroy(shs_tls_t *tls);

/* The next three functions never block. If they cannot make progress, they
 * return 0 and set *events to what poll(2) has to wait for before the same
 * call. */

/* 1: done; -1: failed, with *reason (static text). */
int shs_tls_handshake(shs_tls_t *tls, short *events, const char **reason);

/* The number of octets sent or received; -1: the connection has ended. */
ssize_t shs_tls_send(shs_tls_t *tls, const char *data, size_t len,
                     short *events);
ssize_t shs_tls_receive(shs_tls_t *tls, char *data, size_t len, short *events);

/* Whether anything has been received from the server. */
int shs_tls_has_received(const shs_tls_t *tls);

/* Why the server closed the connection, according to its last alert: in TLS 1.3
 * a server refuses our certificate only after the handshake. Static; NULL: not
 * known. */
const char *shs_tls_close_reason(const shs_tls_t *tls);

/* Whether shs_tls_receive() has data even if the socket has none. */
int shs_tls_has_pending(const shs_tls_t *tls);

#endif
