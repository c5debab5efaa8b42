/* SPDX-License-Identifier: Apache-2.0
 *
 * halt: ends at once whatever the threads of our own are waiting for, so that a
 * child that ends waits for none of them. A thread that obeys a halt waits in
 * shs_halt_poll() and shs_thread_wait() alone, and both end when it is set; to
 * what waits it looks as if the deadline had come. Threads of the server obey
 * none, and nothing of this concerns them.
 */
#ifndef SHS_BASE_HALT_H
#define SHS_BASE_HALT_H

#include <poll.h>

typedef struct shs_halt_t {
    int in;  /* what is written here ... */
    int out; /* ... makes this readable, for good */
    _Atomic int is_set;
} shs_halt_t;

/* Two descriptors, which are kept as long as the process lasts. Returns 0 when
 * the system gives none. */
int shs_halt_init(shs_halt_t *halt);

/* For good; from any thread, again and again. */
void shs_halt_set(shs_halt_t *halt);

/* This thread obeys it, to its end. */
void shs_halt_obey(const shs_halt_t *halt);

/* Whether this thread obeys one, and whether that is set. */
int shs_halt_is_obeyed(void);
int shs_halt_is_due(void);

/* As poll(2), but 0 once this thread's halt is set. `fds` has room for one more
 * than `count`. */
int shs_halt_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
