/* SPDX-License-Identifier: Apache-2.0
 *
 * open: opens the connections of all hosts, and turns tracking on.
 */
#include "fleet.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_STATES 1000000000ull

/* Sends a command of words and waits for its reply. Returns its number. */
static long ask(const conn_t *conn, const char *words)
{
    char text[300], reply[300];
    size_t len = 0;
    ssize_t n;

    snprintf(text, sizeof(text), "%s\r\n", words);
    if (write(conn->fd, text, strlen(text)) < 0) {
        fleet_fail("write");
    }
    do {
        n = read(conn->fd, reply + len, sizeof(reply) - len);
        len += n > 0 ? (size_t)n : 0;
    } while (n > 0 && !fleet_end_of_reply(reply, reply + len));
    if (n <= 0 || *reply == '-') {
        fleet_fail(words);
    }
    return strtol(reply + 1, NULL, 10);
}

static void dial(const fleet_t *fleet, conn_t *conn, uint32_t host)
{
    struct sockaddr_in to;
    int on = 1;

    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t)fleet->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    conn->host = host;
    conn->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (conn->fd < 0
        || connect(conn->fd, (const struct sockaddr *)&to, sizeof(to))
        || setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on))) {
        fleet_fail("connect");
    }
}

static void open_host(fleet_t *fleet, uint32_t host, int is_bcast)
{
    char words[200];
    long id = 0;
    uint32_t i;

    if (fleet->listeners) {
        conn_t *listener = &fleet->listeners[host];

        dial(fleet, listener, host);
        listener->is_listener = 1;
        id = ask(listener, "CLIENT ID");
        if (is_bcast) {
            snprintf(
                words, sizeof(words),
                "CLIENT TRACKING ON REDIRECT %ld BCAST PREFIX session:", id);
            ask(listener, words);
        }
        ask(listener, "SUBSCRIBE __redis__:invalidate");
        fcntl(listener->fd, F_SETFL, O_NONBLOCK);
        fleet_watch(fleet, listener, EPOLL_CTL_ADD);
    }
    for (i = 0; i < fleet->connections; ++i) {
        conn_t *conn = &fleet->data[host * fleet->connections + i];

        dial(fleet, conn, host);
        if (fleet->listeners && !is_bcast) {
            snprintf(words, sizeof(words), "CLIENT TRACKING ON REDIRECT %ld",
                     id);
            ask(conn, words);
        }
        fcntl(conn->fd, F_SETFL, O_NONBLOCK);
        fleet_watch(fleet, conn, EPOLL_CTL_ADD);
    }
}

uint32_t fleet_connections(const fleet_t *fleet)
{
    return fleet->hosts * (fleet->connections + (fleet->listeners ? 1 : 0));
}

void fleet_open(fleet_t *fleet, const char *mode)
{
    struct rlimit files;
    uint32_t host;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((uint64_t)fleet->hosts * fleet->sessions > MOST_STATES) {
        fleet_fail("too many hosts and sessions");
    }
    fleet->epoll = epoll_create1(0);
    fleet->states = calloc(fleet->hosts, fleet->sessions);
    fleet->data =
        calloc((size_t)fleet->hosts * fleet->connections, sizeof(conn_t));
    if (strcmp(mode, "off") != 0) {
        fleet->listeners = calloc(fleet->hosts, sizeof(conn_t));
    }
    fleet->dirty = calloc(fleet_connections(fleet), sizeof(conn_t *));
    for (host = 0; host < fleet->hosts; ++host) {
        open_host(fleet, host, !strcmp(mode, "bcast"));
    }
}

void fleet_close_first(fleet_t *fleet)
{
    uint32_t host;

    for (host = 0; host < fleet->hosts; ++host) {
        conn_t *conn = &fleet->data[host * fleet->connections];

        close(conn->fd);
        conn->fd = -1;
    }
}
