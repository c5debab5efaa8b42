/* SPDX-License-Identifier: Apache-2.0
 *
 * The client of bench/fleet: plays the hosts of a fleet to one Redis. It is no
 * httpd: one process with the connections that all the hosts would have, and no
 * HTTP.
 *
 *   fleet_client PORT MODE HOSTS CONNECTIONS SESSIONS SPREAD
 *
 * MODE is what the near-cache of each host rests on:
 *
 *   bcast    one connection receives every change below "session:"
 *   per-key  Redis remembers what each of the CONNECTIONS for lookups has read,
 *            and reports a change of that on one connection of the host
 *   off      there is no near-cache
 *
 * SESSIONS are numbered from 1. The requests of a session go to SPREAD of the
 * hosts. Each line of the standard input is an order; a line of JSON answers it:
 *
 *   rest  MS                         nothing, not even heartbeats
 *   idle  MS                         heartbeats alone
 *   read  MS RATE WINDOW FIRST LAST  each session once on each of its hosts
 *   expire, touch  ... likewise      one change of each session: EXPIRE, or the
 *                                    script that the module sends
 *   mixed MS REQUESTS TOUCHES FIRST LAST  random sessions, with heartbeats: a
 *                                    request that finds its session in the
 *                                    near-cache does not ask Redis
 *   close                            closes the first connection for lookups of
 *                                    each host
 *
 * RATE is a second, at equal distances; 0: as fast as WINDOW commands without a
 * reply allow. An order ends after MS, or with its last session.
 */
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WAITING 20000 /* commands without a reply, at a fixed rate */
#define SETTLE       (20 * MILLISECOND)

static fleet_t fleet;
static fleet_counts_t *const counts = &fleet.counts;

typedef enum kind_t { REST, IDLE, READ, EXPIRE, TOUCH, MIXED } kind_t;

static const char *const kinds[] = { "rest",   "idle",  "read",
                                     "expire", "touch", "mixed" };

typedef struct order_t {
    kind_t kind;
    long ms;
    long rate; /* of MIXED: requests */
    long window;
    long touches; /* of MIXED, a second */
    uint32_t first;
    uint32_t last;
} order_t;

static uint32_t random_below(uint32_t bound)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) * bound >> 32);
}

/* The k-th host of a session. */
static uint32_t host_of(uint32_t session, uint32_t k)
{
    uint32_t at = (uint32_t)((session * 2654435761u) >> 7) + k;

    return at % fleet.hosts;
}

static conn_t *connection_of(uint32_t host)
{
    uint32_t n = random_below(fleet.connections);
    conn_t *conn = &fleet.data[host * fleet.connections + n];

    return conn->fd < 0 ? conn + 1 : conn;
}

static void look_up(uint32_t session, uint32_t host)
{
    *fleet_state_of(&fleet, host, session) = ASKED;
    ++counts->lookups;
    fleet_send_lookup(&fleet, connection_of(host), session);
}

static void request(uint32_t session, uint32_t host)
{
    ++counts->requests;
    if (fleet.listeners && *fleet_state_of(&fleet, host, session) == VALID) {
        ++counts->hits;
    }
    else {
        look_up(session, host);
    }
}

static void change(uint32_t session, kind_t kind)
{
    uint32_t host = host_of(session, random_below(fleet.spread));

    ++counts->touches;
    fleet_send_touch(&fleet, connection_of(host), session, kind == EXPIRE);
}

/* Sends the number-th command of the order. Returns 0 after the last one. */
static int send_next(const order_t *order, uint64_t number)
{
    uint32_t each = order->kind == READ ? fleet.spread : 1;
    uint64_t session = order->first + number / each;

    if (session > order->last) {
        return 0;
    }
    if (order->kind == READ) {
        look_up((uint32_t)session,
                host_of((uint32_t)session, (uint32_t)(number % each)));
    }
    else {
        change((uint32_t)session, order->kind);
    }
    return 1;
}

static uint32_t random_session(const order_t *order)
{
    return order->first + random_below(order->last - order->first + 1);
}

static uint64_t due_at(uint64_t began, uint64_t number, long rate)
{
    return rate > 0 ? began + number * SECOND / (uint64_t)rate : UINT64_MAX;
}

static int may_send(uint64_t began, uint64_t number, long rate, uint64_t now)
{
    return fleet.waiting < MOST_WAITING && due_at(began, number, rate) <= now;
}

/* Sends what is due of random requests and touches. */
static void send_mixed(const order_t *order, uint64_t began, uint64_t now)
{
    while (may_send(began, counts->requests, order->rate, now)) {
        uint32_t session = random_session(order);

        request(session, host_of(session, random_below(fleet.spread)));
    }
    while (may_send(began, counts->touches, order->touches, now)) {
        change(random_session(order), TOUCH);
    }
}

/* Likewise of an order over sessions in turn. Returns 0 after the last one. */
static int send_in_turn(const order_t *order, uint64_t began, uint64_t now)
{
    for (;;) {
        uint64_t number =
            order->kind == READ ? counts->lookups : counts->touches;

        if (order->rate == 0 ? fleet.waiting >= (uint64_t)order->window
                             : !may_send(began, number, order->rate, now)) {
            return 1;
        }
        if (!send_next(order, number)) {
            return 0;
        }
    }
}

/* Carries the order out, then waits for the replies and the invalidations. */
static uint64_t carry_out(const order_t *order)
{
    uint64_t began = fleet_now();
    uint64_t until = began + (uint64_t)order->ms * MILLISECOND;
    uint64_t now = began;
    int is_over = 0;

    fleet.has_heartbeats = order->kind == IDLE || order->kind == MIXED;
    fleet.pinged = 0;
    fleet.pings_began = began;
    while (now < until && !is_over) {
        if (order->kind == MIXED) {
            send_mixed(order, began, now);
        }
        else if (order->kind >= READ) {
            is_over = !send_in_turn(order, began, now);
        }
        fleet_turn(&fleet);
        now = fleet_now();
    }
    until = now;
    fleet.has_heartbeats = 0;
    while (fleet.waiting > 0 || now - fleet.received_at < SETTLE) {
        fleet_turn(&fleet);
        now = fleet_now();
        if (now - until > 20 * SECOND) {
            fleet_fail("replies do not come");
        }
    }
    return until - began;
}

static unsigned long long count_valid(void)
{
    size_t all = (size_t)fleet.hosts * fleet.sessions;
    unsigned long long count = 0;
    size_t i;

    for (i = 0; fleet.listeners && i < all; ++i) {
        count += fleet.states[i] == VALID;
    }
    return count;
}

/* Of the latency of lookups, in microseconds; 0 without any. */
static double percentile(double share)
{
    uint64_t all = 0, seen = 0;
    int i;

    for (i = 0; i < 512; ++i) {
        all += fleet.latency[i];
    }
    for (i = 0; i < 512 && all > 0; ++i) {
        seen += fleet.latency[i];
        if ((double)seen >= share * (double)all) {
            return (double)((uint64_t)(8 + i % 8) << (i / 8)) / 8.0 - 8;
        }
    }
    return 0;
}

static void print_result(uint64_t took)
{
    printf("{\"s\": %.6f, \"requests\": %llu, \"hits\": %llu, "
           "\"lookups\": %llu, \"absent\": %llu, \"touches\": %llu, "
           "\"heartbeats\": %llu, \"messages\": %llu, \"keys\": %llu, "
           "\"flushes\": %llu, \"valid\": %llu, \"p50_us\": %.0f, "
           "\"p99_us\": %.0f}\n",
           (double)took / SECOND, counts->requests, counts->hits,
           counts->lookups, counts->absent, counts->touches, counts->heartbeats,
           counts->messages, counts->keys, counts->flushes, count_valid(),
           percentile(0.5), percentile(0.99));
    fflush(stdout);
}

static int parse_order(order_t *order, const char *line)
{
    char word[16] = "";
    size_t i;
    int n;

    memset(order, 0, sizeof(*order));
    order->first = 1;
    if (sscanf(line, "%15s %ld", word, &order->ms) < 2) {
        return 0;
    }
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (!strcmp(word, kinds[i])) {
            order->kind = (kind_t)i;
            n = sscanf(line, "%*s %*d %ld %ld %u %u", &order->rate,
                       &order->window, &order->first, &order->last);
            order->touches = order->window;
            return i <= IDLE || (n == 4 && order->last <= fleet.sessions);
        }
    }
    return 0;
}

static uint32_t number_of(const char *word)
{
    long n = strtol(word, NULL, 10);

    if (n < 1 || n > 100 * 1000 * 1000) {
        fleet_fail("a number is out of bounds");
    }
    return (uint32_t)n;
}

int main(int argc, char **argv)
{
    char line[200];
    order_t order;

    if (argc != 7) {
        fleet_fail("fleet_client PORT MODE HOSTS CONNECTIONS SESSIONS SPREAD");
    }
    fleet.port = number_of(argv[1]);
    fleet.hosts = number_of(argv[3]);
    fleet.connections = number_of(argv[4]);
    fleet.sessions = number_of(argv[5]);
    fleet.spread = number_of(argv[6]);
    if (fleet.spread > fleet.hosts || fleet.connections < 2) {
        fleet_fail("a session has more hosts than there are, or a host has only"
                   " one connection");
    }
    fleet_open(&fleet, argv[2]);
    printf("{\"connections\": %u}\n", fleet_connections(&fleet));
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        memset(counts, 0, sizeof(*counts));
        memset(fleet.latency, 0, sizeof(fleet.latency));
        if (!strcmp(line, "close\n")) {
            fleet_close_first(&fleet);
            print_result(0);
        }
        else if (parse_order(&order, line)) {
            print_result(carry_out(&order));
        }
        else {
            fleet_fail("an order is not understood");
        }
    }
    return 0;
}
