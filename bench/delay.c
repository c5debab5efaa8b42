/* SPDX-License-Identifier: Apache-2.0
 *
 * delay: a TCP proxy that adds latency.
 *
 *   delay LISTEN-PORT TARGET-PORT MICROSECONDS
 *
 * Forwards each connection to the target and delays every octet, in both
 * directions. The delay is constant, so one FIFO queue holds all of them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_ENDS 1024
#define PIECE     65536

/* Octets in the queue; len 0: the end of the stream. */
typedef struct piece_t {
    struct piece_t *next;
    int64_t due_ns;
    int from;
    size_t len;
    char octets[];
} piece_t;

static struct pollfd ends[MOST_ENDS];
static int peer[MOST_ENDS];    /* index of the other end; -1: none */
static int is_done[MOST_ENDS]; /* 1: end of stream read, 2: and forwarded */
static int count;
static piece_t *first, **last = &first;
static struct sockaddr_in target;
static int64_t delay_ns;

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET };

    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* Returns the index of the new end, -1: too many. */
static int add_end(int fd)
{
    int one = 1, i;

    for (i = 1; i < count && ends[i].fd >= 0; ++i) {
        continue;
    }
    if (i == MOST_ENDS) {
        return -1;
    }
    count = i == count ? count + 1 : count;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    ends[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
    is_done[i] = 0;
    return i;
}

static void accept_connection(void)
{
    int a = accept4(ends[0].fd, NULL, NULL, SOCK_CLOEXEC);
    int b = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int i, j;

    if (a < 0 || connect(b, (struct sockaddr *)&target, sizeof(target)) != 0) {
        close(a);
        close(b);
        return;
    }
    i = add_end(a);
    j = add_end(b);
    if (i < 0 || j < 0) {
        errno = EMFILE;
        fail("delay");
    }
    peer[i] = j;
    peer[j] = i;
}

static void read_octets(int i)
{
    piece_t *piece = malloc(sizeof(*piece) + PIECE);
    ssize_t got = piece ? recv(ends[i].fd, piece->octets, PIECE, 0) : -1;

    if (!piece) {
        fail("malloc");
    }
    piece->len = got > 0 ? (size_t)got : 0;
    piece = realloc(piece, sizeof(*piece) + piece->len + 1);
    piece->next = NULL;
    piece->from = i;
    piece->due_ns = now_ns() + delay_ns;
    if (piece->len == 0) {
        ends[i].events = 0;
        is_done[i] = 1;
    }
    *last = piece;
    last = &piece->next;
}

/* Closes both sockets once both directions have ended: the queue then holds
 * nothing for them. */
static void end_connection(int from)
{
    int to = peer[from];

    shutdown(ends[to].fd, SHUT_WR);
    if (is_done[to] == 2) {
        close(ends[from].fd);
        close(ends[to].fd);
        ends[from].fd = ends[to].fd = -1;
    }
    is_done[from] = 2;
}

static void deliver(piece_t *piece)
{
    size_t sent = 0;

    while (sent < piece->len) {
        ssize_t n = send(ends[peer[piece->from]].fd, piece->octets + sent,
                         piece->len - sent, MSG_NOSIGNAL);

        if (n <= 0) {
            break;
        }
        sent += (size_t)n;
    }
    if (piece->len == 0) {
        end_connection(piece->from);
    }
}

static void deliver_due(void)
{
    while (first && first->due_ns <= now_ns()) {
        piece_t *piece = first;

        first = piece->next;
        last = first ? last : &first;
        deliver(piece);
        free(piece);
    }
}

static void wait_for_event(void)
{
    struct timespec left = { 0, 0 };
    int64_t ns = first ? first->due_ns - now_ns() : 0;

    if (ns > 0) {
        left.tv_nsec = (long)ns;
    }
    if (ppoll(ends, (nfds_t)count, first ? &left : NULL, NULL) < 0
        && errno != EINTR) {
        fail("ppoll");
    }
}

static void listen_at(const char *port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0
        || listen(fd, 128) != 0) {
        fail("delay");
    }
    ends[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
    count = 1;
}

int main(int argc, char **argv)
{
    int i;

    if (argc != 4) {
        fputs("delay LISTEN-PORT TARGET-PORT MICROSECONDS\n", stderr);
        return 2;
    }
    target = loopback(argv[2]);
    delay_ns = atoll(argv[3]) * 1000;
    if (delay_ns < 0 || delay_ns >= INT64_C(1000000000)) {
        fputs("delay: the delay must be below one second\n", stderr);
        return 2;
    }
    listen_at(argv[1]);
    for (;;) {
        wait_for_event();
        for (i = 1; i < count; ++i) {
            if (ends[i].fd >= 0 && ends[i].revents && !is_done[i]) {
                read_octets(i);
            }
        }
        if (ends[0].revents & POLLIN) {
            accept_connection();
        }
        deliver_due();
    }
}
