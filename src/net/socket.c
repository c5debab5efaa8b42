/* SPDX-License-Identifier: Apache-2.0 */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/halt.h"

int shs_socket_wait(int fd, short events, apr_time_t deadline)
{
    struct pollfd ready[2] = { { fd, events, 0 } };

    for (;;) {
        int left = shs_clock_left_ms(deadline);
        int found = left > 0 ? shs_halt_poll(ready, 1, left) : 0;

        if (found >= 0) {
            return found;
        }
        if (errno != EINTR) {
            return 0;
        }
    }
}

int shs_socket_set_receive_timeout(int fd, apr_interval_time_t timeout)
{
    struct timeval value;
    int flags = fcntl(fd, F_GETFL);

    value.tv_sec = (time_t)apr_time_sec(timeout);
    value.tv_usec = (suseconds_t)apr_time_usec(timeout);
    return flags >= 0
           && !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value))
           && !fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* With the system's default, TCP keepalive detects a dead connection after two
 * hours. With these values it detects an idle one in half a minute, before
 * idle= closes it, and keeps a firewall from forgetting a live one.
 * TCP_USER_TIMEOUT, a limit for data in flight, would not help: a request gives
 * its connection up at its deadline. */
static int open_socket(const shs_resolver_address_t *address)
{
    int keep_idle = 15, keep_interval = 5, keep_count = 3; /* seconds; times */
    int one = 1;
    int fd = socket(address->storage.ss_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && address->storage.ss_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keep_idle,
                   sizeof(keep_idle));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &keep_interval,
                   sizeof(keep_interval));
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &keep_count,
                   sizeof(keep_count));
    }
    return fd;
}

static const char *describe_errno(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case ENOENT:
        return "the Unix socket does not exist";
    case EACCES:
    case EPERM:
        return "no permission to connect";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "the host is unreachable";
    case EMFILE:
    case ENFILE:
        return "no file descriptors are left";
    case EAGAIN:
        return "the server's backlog is full";
    default:
        return "the connection failed";
    }
}

/* Returns the socket, or -1 and *reason. */
static int connect_to(const shs_resolver_address_t *address,
                      apr_time_t deadline, const char **reason)
{
    int fd = open_socket(address);
    int error = 0;
    socklen_t len = sizeof(error);

    if (fd < 0) {
        *reason = describe_errno(errno);
        return -1;
    }
    if (!connect(fd, (const struct sockaddr *)&address->storage,
                 address->len)) {
        return fd;
    }
    if (errno != EINPROGRESS) {
        error = errno;
    }
    else if (!shs_socket_wait(fd, POLLOUT, deadline)) {
        *reason = "no connection by the deadline";
        close(fd);
        return -1;
    }
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len)) {
        error = errno;
    }
    if (error) {
        *reason = describe_errno(error);
        close(fd);
        return -1;
    }
    return fd;
}

int shs_socket_connect(const shs_resolver_address_t *addresses, int count,
                       apr_time_t deadline, const char **reason)
{
    int fd = -1;
    int i;

    for (i = 0; i < count && fd < 0; ++i) {
        apr_time_t now = shs_clock_now();

        fd = connect_to(&addresses[i], now + (deadline - now) / (count - i),
                        reason);
    }
    return fd;
}
