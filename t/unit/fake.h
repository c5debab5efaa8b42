/* SPDX-License-Identifier: Apache-2.0
 *
 * fake: a server in a thread of the test, for what a real Redis will not do on
 * command. Each test writes what its server does with a connection as a plain
 * function; when that returns, the connection is closed. It lies in wait on
 * loopback and lives until fake_stop().
 */
#ifndef T_UNIT_FAKE_H
#define T_UNIT_FAKE_H

#include <apr_time.h>

#include "redis/connection/conn.h"

typedef struct fake_t fake_t;

#define FAKE_MAX_ARGUMENTS 12

typedef struct fake_peer_t {
    fake_t *fake;
    int fd;
    int nth; /* of the connections, from 0 */
    /* The command read last. */
    int count;
    char arguments[FAKE_MAX_ARGUMENTS][512];
} fake_peer_t;

typedef void (*fake_fn)(fake_peer_t *peer, void *baton);

/* Starts a server on a free port of 127.0.0.1. */
fake_t *fake_start(fake_fn serve, void *baton);
int fake_port(const fake_t *fake);

/* Its one address, for shs_conn_open(). */
void fake_address(shs_resolver_address_t *address, const fake_t *fake);

/* How many connections it accepted and how many commands it read so far. */
int fake_accepted(fake_t *fake);
int fake_commands(fake_t *fake);

/* Ends every connection; new ones are accepted. */
void fake_disconnect(fake_t *fake);

/* Ends every connection and every thread. */
void fake_stop(fake_t *fake);

/* For serve(). Reads one command; 0 when the peer has closed. */
int fake_read_command(fake_peer_t *peer);
void fake_send(fake_peer_t *peer, const char *data, size_t len);
void fake_send_text(fake_peer_t *peer, const char *text);
/* One octet, a pause, the next octet. Returns 0 when the peer has closed. */
int fake_drip(fake_peer_t *peer, const char *data, size_t len, int pause_ms);
/* Says nothing until the peer closes. */
void fake_stall(fake_peer_t *peer);
/* Lets what was said arrive before the close that follows, although the peer
 * may have said more than was read. */
void fake_linger(fake_peer_t *peer);
/* Makes the close that follows a reset. */
void fake_reset(fake_peer_t *peer);
/* Waits for fake_resume(), which lets one waiter go on. */
void fake_wait(fake_peer_t *peer);
void fake_resume(fake_t *fake);

#endif
