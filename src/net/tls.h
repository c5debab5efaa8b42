/* SPDX-License-Identifier: Apache-2.0
 *
 * tls: TLS 1.2 and later (RFC 8446) over a non-blocking socket, by OpenSSL. The
 * certificate's chain and its name are both checked (RFC 9525) unless that is
 * switched off. hiredis knows TLS only from 1.0 on, and not with deadlines, so
 * the connection layer does this itself.
 */
#ifndef SHS_NET_TLS_H
#define SHS_NET_TLS_H

#include <sys/types.h>

#include <apr_pools.h>

/* What is said about TLS; NULL: not said. Paths are absolute. */
typedef struct shs_tls_options_t {
    const char *ca;    /* file or directory of trusted certificates (PEM); NULL:
                       * those of the system */
    const char *cert;  /* our certificate and its chain (PEM) ... */
    const char *key;   /* ... and its key, not encrypted */
    const char *name;  /* the name or address that the servers' certificates
                       * must be for; NULL: the one that was dialled */
    int is_unverified; /* any certificate will do */
} shs_tls_options_t;

/* What all connections of one store share. Made while the configuration is
 * read, used by all children; freed with the pool it was made from. */
typedef struct shs_tls_context_t shs_tls_context_t;

/* Returns NULL and sets *out, or returns what is wrong and the cure. Reads the
 * files. */
const char *shs_tls_context_create(shs_tls_context_t **out,
                                   const shs_tls_options_t *options,
                                   apr_pool_t *p);

/* One connection's TLS. */
typedef struct shs_tls_t shs_tls_t;

/* For a socket connected to that host, which stays the caller's; NULL without
 * memory. */
shs_tls_t *shs_tls_create(const shs_tls_context_t *context, const char *host,
                          int fd);
void shs_tls_destroy(shs_tls_t *tls);

/* The next three make progress without blocking. Where they cannot, they return
 * 0 and set *events to what poll(2) has to wait for before the same call. */

/* 1: done; -1: failed, and *reason (static text) says why. */
int shs_tls_handshake(shs_tls_t *tls, short *events, const char **reason);

/* How many octets were taken or given; -1: the connection has ended. */
ssize_t shs_tls_send(shs_tls_t *tls, const char *data, size_t len,
                     short *events);
ssize_t shs_tls_receive(shs_tls_t *tls, char *data, size_t len, short *events);

/* Whether the server has said anything yet. */
int shs_tls_has_received(const shs_tls_t *tls);

/* Why the server ended the connection, as its last alert says: with TLS 1.3 it
 * refuses our certificate only after the handshake. Static; NULL: not known. */
const char *shs_tls_close_reason(const shs_tls_t *tls);

/* Whether receive() has something without the socket having any. */
int shs_tls_has_pending(const shs_tls_t *tls);

#endif
