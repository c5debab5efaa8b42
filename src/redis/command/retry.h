/* SPDX-License-Identifier: Apache-2.0
 *
 * retry: what a try to ask one server came to, and what is to be done next.
 * No I/O: it only reads a status and replies. The classes of error replies are
 * those of https://redis.io/docs/latest/develop/reference/protocol-spec/ and
 * of the Cluster and Sentinel documents.
 */
#ifndef SHS_REDIS_COMMAND_RETRY_H
#define SHS_REDIS_COMMAND_RETRY_H

#include "redis/health/counters.h"
#include "redis/command/pipeline.h"

typedef enum shs_retry_action_t {
    SHS_RETRY_ACCEPT,    /* it is an answer about the session */
    SHS_RETRY_RECONNECT, /* the pooled connection was of no more use: ask on
                         * another */
    SHS_RETRY_REDIRECT,  /* another server of the cluster is named */
    SHS_RETRY_WAIT,      /* it will answer soon */
    SHS_RETRY_REFRESH,   /* it is gone, or not what it should be: find out anew
                         * who serves the key */
    SHS_RETRY_FAIL       /* no server will answer better */
} shs_retry_action_t;

typedef struct shs_retry_t {
    shs_retry_action_t action;
    shs_counter_t cause; /* unless TAKE or FOLLOW */
    const char *reason;  /* unless TAKE or FOLLOW: words for the log */
    int is_refusal;      /* the administrator has to mend it */
    int is_server_ok;    /* it says nothing against the server itself */
    int is_conn_good;    /* the connection can go back to the pool */
} shs_retry_t;

/* `is_pooled`: the connection was not dialled for this question. `reason` is
 * what came with a status other than OK. */
void shs_retry_decide(shs_retry_t *retry, shs_conn_status_t status,
                      const shs_pipeline_reply_t *reply, int is_pooled,
                      const char *reason, apr_pool_t *p);

#endif
