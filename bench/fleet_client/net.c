/* SPDX-License-Identifier: Apache-2.0
 *
 * net: sends and receives on the connections of all hosts, as src/redis does: a
 * lookup is HGETALL and PTTL in one write, a touch is an EVAL, and the connection of
 * each host that receives invalidations sends a PING eight times in a lease of two
 * seconds.
 */
#include "fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define PING_EVERY (250 * MILLISECOND)
#define EVENTS     512

/* As redis/command/pipeline/script.c has it, for a hash. ARGV: ttl, due, @accessed. */
static const char touch_script[] =
    "local k = KEYS[1]\n"
    "local rotated = redis.pcall('HEXISTS', k, '@rotated')\n"
    "if type(rotated) == 'table' then return rotated end\n"
    "if rotated == 1 then return 0 end\n"
    "local left = redis.call('PTTL', k)\n"
    "if left == -2 then return 0 end\n"
    "if left >= 0 and left > tonumber(ARGV[2]) then return 1 end\n"
    "local r = redis.pcall('PEXPIRE', k, ARGV[1])\n"
    "if type(r) == 'table' and r.err then return r end\n"
    "if r == 1 then redis.call('HSET', k, '@accessed', ARGV[3]) end\n"
    "return r\n";

void fleet_fail(const char *words)
{
    fprintf(stderr, "fleet: %s%s%s\n", words, errno ? ": " : "",
            errno ? strerror(errno) : "");
    exit(1);
}

uint64_t fleet_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

uint8_t *fleet_state_of(const fleet_t *fleet, uint32_t host, uint32_t session)
{
    return &fleet->states[(size_t)host * fleet->sessions + session - 1];
}

/* Eight cells for each power of two of microseconds. */
static void note_latency(fleet_t *fleet, uint64_t ns)
{
    uint64_t us = ns / 1000 + 8;
    int power = 63 - __builtin_clzll(us);

    ++fleet->latency[power * 8 + (int)((us >> (power - 3)) & 7)];
}

/* ------------------------------------------------------------------ sending */

static void *grow(void *data, size_t size)
{
    data = realloc(data, size);
    if (!data) {
        fleet_fail("no memory");
    }
    return data;
}

static void append(octets_t *to, const char *data, size_t len)
{
    if (to->len + len > to->size) {
        to->size = 2 * (to->len + len);
        to->data = grow(to->data, to->size);
    }
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

void fleet_watch(const fleet_t *fleet, conn_t *conn, int operation)
{
    struct epoll_event event;

    event.events = EPOLLIN | (conn->waits_for_room ? EPOLLOUT : 0u);
    event.data.ptr = conn;
    if (epoll_ctl(fleet->epoll, operation, conn->fd, &event)) {
        fleet_fail("epoll_ctl");
    }
}

static void flush(fleet_t *fleet, conn_t *conn)
{
    ssize_t n = write(conn->fd, conn->out.data, conn->out.len);
    int waits;

    if (n < 0 && errno != EAGAIN) {
        fleet_fail("write");
    }
    if (n > 0) {
        memmove(conn->out.data, conn->out.data + n, conn->out.len - (size_t)n);
        conn->out.len -= (size_t)n;
    }
    waits = conn->out.len > 0;
    if (waits != conn->waits_for_room) {
        conn->waits_for_room = waits;
        fleet_watch(fleet, conn, EPOLL_CTL_MOD);
    }
}

static void send_later(fleet_t *fleet, conn_t *conn, const char *data,
                       size_t len)
{
    append(&conn->out, data, len);
    if (!conn->is_dirty) {
        conn->is_dirty = 1;
        fleet->dirty[fleet->dirty_count++] = conn;
    }
}

static void send_command(fleet_t *fleet, conn_t *conn, const command_t *command,
                         const char *text, int len)
{
    if (conn->count == conn->size) {
        uint32_t i, size = conn->size ? 2 * conn->size : 16;
        command_t *ring = grow(NULL, size * sizeof(*ring));

        for (i = 0; i < conn->count; ++i) {
            ring[i] = conn->commands[(conn->first + i) % conn->size];
        }
        free(conn->commands);
        conn->commands = ring;
        conn->first = 0;
        conn->size = size;
    }
    conn->commands[(conn->first + conn->count++) % conn->size] = *command;
    ++fleet->waiting;
    send_later(fleet, conn, text, (size_t)len);
}

#define KEY "$34\r\nsession:bench%021u\r\n"

void fleet_send_lookup(fleet_t *fleet, conn_t *conn, uint32_t session)
{
    command_t command = { session, 1, 2, fleet_now() };
    char text[200];
    int len = snprintf(text, sizeof(text),
                       "*2\r\n$7\r\nHGETALL\r\n" KEY "*2\r\n$4\r\nPTTL\r\n" KEY,
                       session, session);

    send_command(fleet, conn, &command, text, len);
}

void fleet_send_touch(fleet_t *fleet, conn_t *conn, uint32_t session,
                      int is_expire)
{
    command_t command = { session, 0, 1, 0 };
    char text[1024];
    int len =
        is_expire
            ? snprintf(text, sizeof(text),
                       "*3\r\n$6\r\nEXPIRE\r\n" KEY "$5\r\n86400\r\n", session)
            : snprintf(text, sizeof(text),
                       "*7\r\n$4\r\nEVAL\r\n$%zu\r\n%s\r\n$1\r\n1\r\n" KEY
                       "$8\r\n86400000\r\n$8\r\n86400000\r\n"
                       "$10\r\n1790000000\r\n",
                       sizeof(touch_script) - 1, touch_script, session);

    send_command(fleet, conn, &command, text, len);
}

/* ---------------------------------------------------------------- receiving */

const char *fleet_end_of_reply(const char *p, const char *end)
{
    const char *line = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    long i, n;

    if (!line++) {
        return NULL;
    }
    n = *p == '$' || *p == '*' ? strtol(p + 1, NULL, 10) : 0;
    if (*p == '$' && n >= 0) {
        return end - line >= n + 2 ? line + n + 2 : NULL;
    }
    for (i = 0; *p == '*' && i < n && line; ++i) {
        line = fleet_end_of_reply(line, end);
    }
    return line;
}

static void read_reply(fleet_t *fleet, conn_t *conn, const char *p)
{
    command_t *command = &conn->commands[conn->first];
    uint8_t *state;

    if (conn->count == 0 || *p == '-') {
        errno = 0;
        fleet_fail(conn->count == 0 ? "a reply too many" : "an error reply");
    }
    if (command->replies == 2 && !strncmp(p, "*0", 2)) {
        ++fleet->counts.absent;
    }
    if (--command->replies > 0) {
        return;
    }
    state = fleet_state_of(fleet, conn->host, command->session);
    if (command->is_lookup) {
        note_latency(fleet, fleet_now() - command->sent_at);
        *state = *state == ASKED ? VALID : *state;
    }
    conn->first = (conn->first + 1) % conn->size;
    --conn->count;
    --fleet->waiting;
}

/* *3 message, channel, keys; or *2 pong and nothing. */
static void read_message(fleet_t *fleet, const conn_t *conn, const char *p,
                         const char *end)
{
    long i, n;

    if (p[1] == '2') {
        ++fleet->counts.heartbeats;
        return;
    }
    ++fleet->counts.messages;
    p = fleet_end_of_reply(fleet_end_of_reply(p + 4, end), end);
    n = strtol(p + 1, NULL, 10);
    if (n < 0) {
        ++fleet->counts.flushes;
        memset(fleet_state_of(fleet, conn->host, 1), NONE, fleet->sessions);
        return;
    }
    p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    for (i = 0; i < n; ++i) {
        const char *next = fleet_end_of_reply(p, end);
        long session = strtol(next - 2 - 21, NULL, 10);

        ++fleet->counts.keys;
        if (session >= 1 && session <= (long)fleet->sessions) {
            *fleet_state_of(fleet, conn->host, (uint32_t)session) = NONE;
        }
        p = next;
    }
}

static void receive(fleet_t *fleet, conn_t *conn)
{
    octets_t *in = &conn->in;
    const char *p, *next, *end;
    ssize_t n;

    if (in->size - in->len < 4096) {
        in->size = 2 * in->size + 8192;
        in->data = grow(in->data, in->size);
    }
    n = read(conn->fd, in->data + in->len, in->size - in->len);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        fleet_fail("Redis has closed a connection");
    }
    fleet->received_at = fleet_now();
    in->len += (size_t)n;
    end = in->data + in->len;
    for (p = in->data; (next = fleet_end_of_reply(p, end)); p = next) {
        if (conn->is_listener) {
            read_message(fleet, conn, p, next);
        }
        else {
            read_reply(fleet, conn, p);
        }
    }
    in->len = (size_t)(end - p);
    memmove(in->data, p, in->len);
}

/* --------------------------------------------------------------------- turn */

static uint64_t next_ping_at(const fleet_t *fleet)
{
    return fleet->pings_began + fleet->pinged * PING_EVERY / fleet->hosts;
}

static void send_pings(fleet_t *fleet, uint64_t now)
{
    while (fleet->has_heartbeats && fleet->listeners
           && next_ping_at(fleet) <= now) {
        send_later(fleet, &fleet->listeners[fleet->pinged++ % fleet->hosts],
                   "*1\r\n$4\r\nPING\r\n", 14);
    }
}

void fleet_turn(fleet_t *fleet)
{
    struct epoll_event events[EVENTS];
    uint32_t i;
    int n;

    send_pings(fleet, fleet_now());
    for (i = 0; i < fleet->dirty_count; ++i) {
        fleet->dirty[i]->is_dirty = 0;
        flush(fleet, fleet->dirty[i]);
    }
    fleet->dirty_count = 0;
    n = epoll_wait(fleet->epoll, events, EVENTS, 0);
    if (n < 0 && errno != EINTR) {
        fleet_fail("epoll");
    }
    for (i = 0; n > 0 && i < (uint32_t)n; ++i) {
        conn_t *conn = events[i].data.ptr;

        if (events[i].events & EPOLLOUT) {
            flush(fleet, conn);
        }
        if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
            receive(fleet, conn);
        }
    }
}
