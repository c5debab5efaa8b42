/* SPDX-License-Identifier: Apache-2.0 */
/* For pipe2(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/halt.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

static _Thread_local const shs_halt_t *obeyed;

int shs_halt_init(shs_halt_t *halt)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
        return 0;
    }
    halt->out = fds[0];
    halt->in = fds[1];
    return 1;
}

/* No thread reads the octet, so that all threads see it. It does not matter if
 * the pipe is full. */
void shs_halt_set(shs_halt_t *halt)
{
    ssize_t written;

    halt->is_set = 1;
    written = write(halt->in, "", 1);
    (void)written;
}

void shs_halt_obey(const shs_halt_t *halt)
{
    obeyed = halt;
}

int shs_halt_is_obeyed(void)
{
    return obeyed != NULL;
}

int shs_halt_is_due(void)
{
    return obeyed && obeyed->is_set;
}

int shs_halt_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    int found;

    if (!obeyed) {
        return poll(fds, count, timeout_ms);
    }
    fds[count].fd = obeyed->out;
    fds[count].events = POLLIN;
    fds[count].revents = 0;
    found = poll(fds, count + 1, timeout_ms);
    return found > 0 && fds[count].revents ? 0 : found;
}
