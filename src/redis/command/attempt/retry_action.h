/* SPDX-License-Identifier: Apache-2.0
 *
 * retry_action: what one attempt came to, and the action that follows. How
 * often a command reconnects is retry= of SharedSessionStore
 * (redis/endpoint/endpoint_option.c). No I/O: it only reads a status and
 * replies. The classes of error replies are those of
 * https://redis.io/docs/latest/develop/reference/protocol-spec/ and of the
 * Cluster and Sentinel documents.
 */
#ifndef SHS_REDIS_COMMAND_ATTEMPT_RETRY_ACTION_H
#define SHS_REDIS_COMMAND_ATTEMPT_RETRY_ACTION_H

#include "redis/health/counters.h"
#include "redis/command/pipeline/pipeline.h"

typedef enum shs_retry_action_t {
    SHS_RETRY_ACCEPT,    /* the reply is about the session */
    SHS_RETRY_RECONNECT, /* the pooled connection was dead, or lost its login:
                          * try another connection */
    SHS_RETRY_REDIRECT,  /* the reply names another server of the cluster */
    SHS_RETRY_WAIT,      /* the server will be ready soon */
    SHS_RETRY_REFRESH, /* the server is gone, or is not the master: refresh the
                          * topology */
    SHS_RETRY_FAIL     /* no other server would give a better reply */
} shs_retry_action_t;

typedef struct shs_retry_t {
    shs_retry_action_t action;
    shs_counter_t cause; /* unless ACCEPT or REDIRECT */
    const char *reason;  /* likewise: words for the log */
    int is_refusal;      /* the server does not accept our user or password: the
                          * administrator has to change that */
    int is_server_ok;    /* the outcome says nothing against the server */
    int is_conn_good;    /* the connection can go back to the pool */
} shs_retry_t;

/* `may_reconnect`: the connection was pooled, and retry= allows another
 * attempt. `reason` is the one that came with a status other than OK. */
void shs_retry_action_decide(shs_retry_t *retry, shs_conn_status_t status,
                             const shs_pipeline_reply_t *reply,
                             int may_reconnect, const char *reason,
                             apr_pool_t *p);

#endif
