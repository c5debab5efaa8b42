/* SPDX-License-Identifier: Apache-2.0
 *
 * halt: ends all waiting of the module's own threads, so that a child can end
 * without waiting for them. A thread that obeys a halt waits only in
 * shs_halt_poll() and shs_thread_wait(). Both return when the halt is set, as
 * if the deadline had passed. The server's threads obey no halt and are not
 * affected.
 */
#ifndef SHS_BASE_HALT_H
#define SHS_BASE_HALT_H

#include <poll.h>

typedef struct shs_halt_t {
    int in;  /* an octet that is written here ... */
    int out; /* ... makes this end readable for ever */
    _Atomic int is_set;
} shs_halt_t;

/* Opens two descriptors, which stay open as long as the process lives. Returns
 * 0 when the system gives none. */
int shs_halt_init(shs_halt_t *halt);

/* Sets the halt for ever; from any thread, any number of times. */
void shs_halt_set(shs_halt_t *halt);

/* Makes this thread obey the halt until the thread ends. */
void shs_halt_obey(const shs_halt_t *halt);

/* Whether this thread obeys a halt; whether that halt is set. */
int shs_halt_is_obeyed(void);
int shs_halt_is_due(void);

/* As poll(2), but returns 0 once this thread's halt is set. `fds` must have
 * room for one entry more than `count`. */
int shs_halt_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
