/* SPDX-License-Identifier: Apache-2.0
 *
 * trace: how a store reports what happens to a load or a write on its way: a
 * retry, a redirection, a pause, another server. A store writes no log. A
 * caller that wants to log these events gives a trace with its query; without
 * one they cost a comparison each, and a query without an event costs nothing.
 */
#ifndef SHS_STORE_TRACE_H
#define SHS_STORE_TRACE_H

/* `event` is static text: "follow MOVED". `detail` is a server or a reason,
 * words for the log as in shs_result_t, or NULL; borrowed for the call. Called
 * in the thread that uses the store. */
typedef void (*shs_trace_fn)(void *baton, const char *event,
                             const char *detail);

typedef struct shs_trace_t {
    shs_trace_fn report;
    void *baton;
} shs_trace_t;

#endif
