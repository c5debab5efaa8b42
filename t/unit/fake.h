/* SPDX-License-Identifier: Apache-2.0
 *
 * fake: a server in threads of the test, for behaviour that a real Redis does
 * not show on command. Each test writes what its server does with a connection
 * as a plain function; when the function returns, the connection is closed. The
 * server listens on loopback until fake_stop().
 */
#ifndef T_UNIT_FAKE_H
#define T_UNIT_FAKE_H

#include <apr_time.h>

#include "redis/connection/conn.h"

typedef struct fake_t fake_t;

#define FAKE_MAX_ARGUMENTS 32

typedef struct fake_peer_t {
    fake_t *fake;
    int fd;
    int nth; /* of the connections, from 0 */
    /* The last command. */
    int count;
    char *arguments[FAKE_MAX_ARGUMENTS]; /* in `octets`, each with a NUL; those
                                          * that are missing are empty */
    char octets[6144];
} fake_peer_t;

typedef void (*fake_fn)(fake_peer_t *peer, void *baton);

/* Starts a server on a free port of 127.0.0.1. */
fake_t *fake_start(fake_fn serve, void *baton);
int fake_port(const fake_t *fake);

/* Its address, for shs_conn_open(). */
void fake_address(shs_resolver_address_t *address, const fake_t *fake);

/* A new connection to it. The test fails if it cannot be opened. */
shs_conn_t *fake_open(const fake_t *fake);

/* How many connections it accepted and how many commands it read so far. */
int fake_accepted(fake_t *fake);
int fake_commands(fake_t *fake);

/* Closes all connections; new ones are accepted. */
void fake_disconnect(fake_t *fake);

/* Closes all connections and ends all threads. */
void fake_stop(fake_t *fake);

/* For serve(). Reads one command; 0 if the peer has closed the connection. */
int fake_read_command(fake_peer_t *peer);

/* From now on it also returns the ECHO that ends a batch of loads, which it
 * otherwise replies to itself, as Redis does, and does not count. */
void fake_read_echoes(fake_t *fake);

void fake_send(fake_peer_t *peer, const char *data, size_t len);
void fake_send_text(fake_peer_t *peer, const char *text);
/* Sends one octet, a pause, the next octet. Returns 0 if the peer has closed
 * the connection. */
int fake_drip(fake_peer_t *peer, const char *data, size_t len, int pause_ms);
/* Sends nothing until the peer closes the connection. */
void fake_stall(fake_peer_t *peer);
/* Makes sure that what was sent arrives before the close that follows, even if
 * the peer has sent more than was read. */
void fake_linger(fake_peer_t *peer);
/* Turns the close that follows into a reset. */
void fake_reset(fake_peer_t *peer);
/* Waits for fake_resume(), which ends one wait. */
void fake_wait(fake_peer_t *peer);
void fake_resume(fake_t *fake);

#endif
