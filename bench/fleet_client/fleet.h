/* SPDX-License-Identifier: Apache-2.0
 *
 * fleet.h: the connections of all hosts of a fleet to one Redis, and what the
 * near-cache of each host holds. main.c says what is sent and when, open.c opens
 * the connections, net.c sends and receives.
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <stddef.h>
#include <stdint.h>

#define SECOND      1000000000ull /* all times are monotonic nanoseconds */
#define MILLISECOND 1000000ull

/* Of a session on a host. ASKED: an invalidation before the reply undoes it. */
enum { NONE, ASKED, VALID };

typedef struct octets_t {
    char *data;
    size_t len;
    size_t size;
} octets_t;

/* A command without a reply. */
typedef struct command_t {
    uint32_t session;
    uint16_t is_lookup;
    uint16_t replies; /* that are still to come */
    uint64_t sent_at;
} command_t;

typedef struct conn_t {
    int fd; /* -1: closed */
    uint32_t host;
    int is_listener;
    int is_dirty; /* is in the list of those that have something to send */
    int waits_for_room;
    octets_t in;
    octets_t out;
    command_t *commands; /* a ring */
    uint32_t first, count, size;
} conn_t;

typedef struct fleet_counts_t {
    unsigned long long requests, hits, lookups, absent, touches;
    unsigned long long heartbeats, messages, keys, flushes;
} fleet_counts_t;

typedef struct fleet_t {
    uint32_t port, hosts, connections, sessions, spread;
    int epoll;
    conn_t *listeners; /* one a host; NULL without a near-cache */
    conn_t *data;      /* `connections` a host */
    conn_t **dirty;
    uint32_t dirty_count;
    uint8_t *states;  /* hosts x sessions */
    uint64_t waiting; /* commands without a reply */
    uint64_t received_at;
    int has_heartbeats;
    uint64_t pings_began, pinged;
    fleet_counts_t counts;
    uint32_t latency[512]; /* of lookups: 8 cells a power of two, see net.c */
} fleet_t;

/* Ends the process with these words. */
_Noreturn void fleet_fail(const char *words);

uint64_t fleet_now(void);

/* Opens all connections; `mode` is "bcast", "per-key" or "off". */
void fleet_open(fleet_t *fleet, const char *mode);
uint32_t fleet_connections(const fleet_t *fleet);

/* Closes the first data connection of each host. */
void fleet_close_first(fleet_t *fleet);

/* They are sent with the next fleet_turn(). */
void fleet_send_lookup(fleet_t *fleet, conn_t *conn, uint32_t session);
void fleet_send_touch(fleet_t *fleet, conn_t *conn, uint32_t session,
                      int is_expire);

/* Sends what waits and the heartbeats that are due; receives what has come. It
 * does not wait: over loopback, Redis would pay for each waking of a client that
 * sleeps, and it pays no remote host for that. */
void fleet_turn(fleet_t *fleet);

uint8_t *fleet_state_of(const fleet_t *fleet, uint32_t host, uint32_t session);

/* ------------------------------------------------------ of net.c, for open.c */

/* The end of the reply at p; NULL if it has not come whole. */
const char *fleet_end_of_reply(const char *p, const char *end);

/* Adds the connection to epoll, or tells it what is awaited now. `operation` is
 * that of epoll_ctl(). */
void fleet_watch(const fleet_t *fleet, conn_t *conn, int operation);

#endif
