/* SPDX-License-Identifier: Apache-2.0 */
/* accept4() */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fake.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "unit.h"

#define MAX_PEERS 4096

struct fake_t {
    fake_fn serve;
    void *baton;
    int listen_fd;
    int port;
    pthread_t acceptor;
    pthread_mutex_t lock; /* of what follows */
    int is_stopping;
    int accepted;
    int commands;
    atomic_int reads_echoes;
    int is_open[MAX_PEERS];
    fake_peer_t peers[MAX_PEERS];
    pthread_t threads[MAX_PEERS];
    sem_t go;
};

static void *run_peer(void *data)
{
    fake_peer_t *peer = data;
    fake_t *fake = peer->fake;

    fake->serve(peer, fake->baton);
    pthread_mutex_lock(&fake->lock);
    fake->is_open[peer->nth] = 0;
    close(peer->fd);
    pthread_mutex_unlock(&fake->lock);
    return NULL;
}

static void *run_acceptor(void *data)
{
    fake_t *fake = data;
    int fd;

    while ((fd = accept4(fake->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int one = 1;
        fake_peer_t *peer;

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        pthread_mutex_lock(&fake->lock);
        if (fake->is_stopping || fake->accepted == MAX_PEERS) {
            close(fd);
            pthread_mutex_unlock(&fake->lock);
            break;
        }
        peer = &fake->peers[fake->accepted];
        peer->fake = fake;
        peer->fd = fd;
        peer->nth = fake->accepted;
        fake->is_open[peer->nth] = 1;
        if (pthread_create(&fake->threads[peer->nth], NULL, run_peer, peer)) {
            abort();
        }
        fake->accepted++;
        pthread_mutex_unlock(&fake->lock);
    }
    return NULL;
}

fake_t *fake_start(fake_fn serve, void *baton)
{
    fake_t *fake = calloc(1, sizeof(*fake));
    struct sockaddr_in in;
    socklen_t len = sizeof(in);

    ck_assert_ptr_nonnull(fake);
    fake->serve = serve;
    fake->baton = baton;
    pthread_mutex_init(&fake->lock, NULL);
    sem_init(&fake->go, 0, 0);
    fake->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fake->listen_fd, (struct sockaddr *)&in, sizeof(in)),
                     0);
    ck_assert_int_eq(listen(fake->listen_fd, 128), 0);
    ck_assert_int_eq(getsockname(fake->listen_fd, (struct sockaddr *)&in, &len),
                     0);
    fake->port = ntohs(in.sin_port);
    ck_assert_int_eq(pthread_create(&fake->acceptor, NULL, run_acceptor, fake),
                     0);
    return fake;
}

int fake_port(const fake_t *fake)
{
    return fake->port;
}

void fake_address(shs_resolver_address_t *address, const fake_t *fake)
{
    struct sockaddr_in in;

    memset(address, 0, sizeof(*address));
    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons((unsigned short)fake->port);
    memcpy(&address->storage, &in, sizeof(in));
    address->len = sizeof(in);
}

shs_conn_t *fake_open(const fake_t *fake)
{
    shs_resolver_address_t address;
    shs_conn_t *conn = NULL;
    const char *reason = NULL;

    fake_address(&address, fake);
    ck_assert_int_eq(shs_conn_open(&conn, &address, 1, NULL, "127.0.0.1",
                                   unit_in_ms(5000), &reason),
                     SHS_CONN_OK);
    ck_assert_ptr_nonnull(conn);
    return conn;
}

static int locked(fake_t *fake, const int *number)
{
    int got;

    pthread_mutex_lock(&fake->lock);
    got = *number;
    pthread_mutex_unlock(&fake->lock);
    return got;
}

int fake_accepted(fake_t *fake)
{
    return locked(fake, &fake->accepted);
}

int fake_commands(fake_t *fake)
{
    return locked(fake, &fake->commands);
}

void fake_disconnect(fake_t *fake)
{
    int i;

    pthread_mutex_lock(&fake->lock);
    for (i = 0; i < fake->accepted; i++) {
        if (fake->is_open[i]) {
            shutdown(fake->peers[i].fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&fake->lock);
}

void fake_stop(fake_t *fake)
{
    int i;

    pthread_mutex_lock(&fake->lock);
    fake->is_stopping = 1;
    for (i = 0; i < fake->accepted; i++) {
        if (fake->is_open[i]) {
            shutdown(fake->peers[i].fd, SHUT_RDWR);
        }
        sem_post(&fake->go);
    }
    pthread_mutex_unlock(&fake->lock);
    shutdown(fake->listen_fd, SHUT_RDWR);
    pthread_join(fake->acceptor, NULL);
    for (i = 0; i < fake->accepted; i++) {
        pthread_join(fake->threads[i], NULL);
    }
    close(fake->listen_fd);
    sem_destroy(&fake->go);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
}

/* ----------------------------------------------------------- for serve() */

static int read_octets(fake_peer_t *peer, char *data, size_t len)
{
    while (len > 0) {
        ssize_t got = recv(peer->fd, data, len, 0);

        if (got <= 0) {
            return 0;
        }
        data += got;
        len -= (size_t)got;
    }
    return 1;
}

/* Reads "*N\r\n" or "$N\r\n". */
static int read_number(fake_peer_t *peer, char kind, int *number)
{
    char line[32];
    size_t len = 0;

    do {
        if (len == sizeof(line) - 1 || !read_octets(peer, line + len, 1)) {
            return 0;
        }
    } while (line[len++] != '\n');
    line[len] = '\0';
    *number = atoi(line + 1);
    return line[0] == kind;
}

/* Reads one command, of whatever kind. */
static int read_command(fake_peer_t *peer)
{
    size_t at = 0;
    int i;

    if (!read_number(peer, '*', &peer->count)
        || peer->count > FAKE_MAX_ARGUMENTS) {
        return 0;
    }
    for (i = 0; i < peer->count; i++) {
        int len;
        char end[2];

        if (!read_number(peer, '$', &len) || len < 0
            || (size_t)len >= sizeof(peer->octets) - 1 - at
            || !read_octets(peer, peer->octets + at, (size_t)len)
            || !read_octets(peer, end, 2)) {
            return 0;
        }
        peer->arguments[i] = peer->octets + at;
        peer->arguments[i][len] = '\0';
        at += (size_t)len + 1;
    }
    peer->octets[at] = '\0';
    for (; i < FAKE_MAX_ARGUMENTS; i++) {
        peer->arguments[i] = peer->octets + at;
    }
    return 1;
}

/* Whether the command ends a batch (redis/command/pipeline/batch_io.h). */
static int is_end_of_batch(const fake_peer_t *peer)
{
    return peer->count == 2 && !strcmp(peer->arguments[0], "ECHO")
           && !strncmp(peer->arguments[1], "batch-", 6);
}

int fake_read_command(fake_peer_t *peer)
{
    for (;;) {
        char reply[600];

        if (!read_command(peer)) {
            return 0;
        }
        if (!is_end_of_batch(peer) || peer->fake->reads_echoes) {
            break;
        }
        snprintf(reply, sizeof(reply), "$%d\r\n%s\r\n",
                 (int)strlen(peer->arguments[1]), peer->arguments[1]);
        fake_send_text(peer, reply);
    }
    pthread_mutex_lock(&peer->fake->lock);
    peer->fake->commands++;
    pthread_mutex_unlock(&peer->fake->lock);
    return 1;
}

void fake_read_echoes(fake_t *fake)
{
    fake->reads_echoes = 1;
}

void fake_send(fake_peer_t *peer, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(peer->fd, data, len, MSG_NOSIGNAL);

        if (sent <= 0) {
            return;
        }
        data += sent;
        len -= (size_t)sent;
    }
}

void fake_send_text(fake_peer_t *peer, const char *text)
{
    fake_send(peer, text, strlen(text));
}

/* Whether the peer closes the connection within so many milliseconds. */
static int is_closed(fake_peer_t *peer, int ms)
{
    struct pollfd ready = { peer->fd, POLLIN | POLLRDHUP, 0 };

    if (poll(&ready, 1, ms) > 0
        && (ready.revents & (POLLRDHUP | POLLHUP | POLLERR))) {
        return 1;
    }
    return 0;
}

int fake_drip(fake_peer_t *peer, const char *data, size_t len, int pause_ms)
{
    size_t i;

    for (i = 0; i < len; i++) {
        fake_send(peer, data + i, 1);
        if (is_closed(peer, pause_ms)) {
            return 0;
        }
    }
    return 1;
}

void fake_stall(fake_peer_t *peer)
{
    char octets[256];

    while (recv(peer->fd, octets, sizeof(octets), 0) > 0) {
        /* read and dropped */
    }
}

void fake_linger(fake_peer_t *peer)
{
    shutdown(peer->fd, SHUT_WR);
    fake_stall(peer);
}

void fake_reset(fake_peer_t *peer)
{
    struct linger now = { 1, 0 };

    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void fake_wait(fake_peer_t *peer)
{
    sem_wait(&peer->fake->go);
}

void fake_resume(fake_t *fake)
{
    sem_post(&fake->go);
}
