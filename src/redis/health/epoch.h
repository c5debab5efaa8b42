/* SPDX-License-Identifier: Apache-2.0
 *
 * epoch: the highest epoch that Sentinels (config-epoch) or members of a
 * cluster (current epoch) reported to any child of the host, and the rules by
 * which a lower one replaces it. It is in memory that all children share. It
 * takes no lock and does no I/O; time is a parameter (shs_clock_now()).
 *
 * A server that reports a lower epoch does not know of the last failover. It is
 * not trusted, because it may name the former master. But servers that were set
 * up anew also begin with a low epoch. They must be trusted in the end, even if
 * one address of the URL stays dead; and so must the remaining servers after
 * one has reported a wrong epoch. So a lower epoch counts
 *
 *  1. at once if all servers report a lower one in one round;
 *  2. otherwise if for SHS_EPOCH_LOWER_AFTER, in each round, most addresses of
 *     the URL report a lower one, and for as long no server reports the known
 *     epoch or a higher one to any child of the host.
 *
 * Sentinels exchange what they know every two seconds. A member of a cluster
 * that is cut off reports this after cluster-node-timeout, of which half,
 * 7.5 s, may be left when its successor is elected. A server that is behind
 * for longer is not about to learn of a failover.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
 */
#ifndef SHS_REDIS_HEALTH_EPOCH_H
#define SHS_REDIS_HEALTH_EPOCH_H

#include <stdatomic.h>

#include <apr_time.h>

#define SHS_EPOCH_LOWER_AFTER (10 * APR_USEC_PER_SEC)

typedef enum shs_epoch_source_t {
    SHS_EPOCH_OF_NONE,
    SHS_EPOCH_OF_SENTINELS,
    SHS_EPOCH_OF_MEMBERS
} shs_epoch_source_t;

/* Zeroed memory is valid. */
typedef struct shs_epoch_t {
    _Atomic apr_int64_t known;       /* the highest that was reported ... */
    _Atomic apr_int64_t reported_at; /* ... and when, last */
    _Atomic apr_int64_t lower_since; /* since when most report a lower one; 0:
                                      * they do not */
    _Atomic apr_uint32_t lower_of;   /* shs_epoch_source_t: the servers of the
                                      * last round, if it found only lower
                                      * epochs */
} shs_epoch_t;

/* The result of a round of queries. */
typedef struct shs_epoch_round_t {
    apr_int64_t known;         /* when the round began */
    apr_int64_t reported;      /* the highest of the lower epochs */
    int is_any;                /* lower epochs were reported, and no other
                                * server was trusted, ... */
    int is_most;               /* ... by most addresses of the URL, ... */
    int is_all;                /* ... by all servers */
    shs_epoch_source_t source; /* the servers that were queried */
} shs_epoch_round_t;

/* Notes that a server reported this epoch. Returns 0 if it is lower than the
 * known one; otherwise it is the known one from now on. */
int shs_epoch_note(shs_epoch_t *epoch, apr_int64_t reported, apr_time_t now);

/* Ends a round. Returns 1 if its lower epoch is the known one from now on. */
int shs_epoch_end_round(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                        apr_time_t now);

/* Why the servers are not trusted (static text), if the last round found only
 * lower epochs; else `other_reason`, which may be NULL. */
const char *shs_epoch_explain(const shs_epoch_t *epoch,
                              const char *other_reason);

#endif
