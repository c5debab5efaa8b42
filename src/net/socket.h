/* SPDX-License-Identifier: Apache-2.0
 *
 * socket: connects, and waits with a deadline. Sockets are close-on-exec, and
 * non-blocking until shs_socket_set_receive_timeout(). The kernel detects a
 * dead TCP connection within 30 seconds, even if it is idle. This file knows no
 * protocol.
 */
#ifndef SHS_NET_SOCKET_H
#define SHS_NET_SOCKET_H

#include <apr_time.h>

#include "net/resolver.h"

/* Connects to the first address that accepts. The time left is divided among
 * the addresses still to try. Returns the socket, or -1 and *reason (static
 * text). */
int shs_socket_connect(const shs_resolver_address_t *addresses, int count,
                       apr_time_t deadline, const char **reason);

/* Waits until the socket is ready for the events of poll(2), or has failed.
 * Returns 0 at the deadline, or when this thread is halted (base/halt.h). */
int shs_socket_wait(int fd, short events, apr_time_t deadline);

/* From now on recv(2) without MSG_DONTWAIT waits for `timeout` (more than 0)
 * and a few milliseconds. This saves the system call that poll(2) would be.
 * Returns 0 if the system does not support it. */
int shs_socket_set_receive_timeout(int fd, apr_interval_time_t timeout);

#endif
