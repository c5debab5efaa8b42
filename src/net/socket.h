/* SPDX-License-Identifier: Apache-2.0
 *
 * socket: connecting, and waiting with a deadline. Sockets are close-on-exec,
 * and non-blocking until shs_socket_set_receive_timeout(); of those by TCP the kernel
 * finds within 30 seconds that they are dead, also while nothing is said.
 * Nothing here knows what is said over them.
 */
#ifndef SHS_NET_SOCKET_H
#define SHS_NET_SOCKET_H

#include <apr_time.h>

#include "net/resolver.h"

/* Connects to the first address that accepts, dividing the time left among
 * those still to try. Returns the socket, or -1 and *reason (static text). */
int shs_socket_connect(const shs_resolver_address_t *addresses, int count,
                       apr_time_t deadline, const char **reason);

/* Waits until the socket is ready for the events of poll(2), or has failed.
 * Returns 0 at the deadline, or when this thread is halted (base/halt.h). */
int shs_socket_wait(int fd, short events, apr_time_t deadline);

/* From now on recv(2) without MSG_DONTWAIT waits for that long (more than 0)
 * and a few milliseconds: a system call less than to wait and to receive.
 * Returns 0 if it cannot be had. */
int shs_socket_set_receive_timeout(int fd, apr_interval_time_t timeout);

#endif
