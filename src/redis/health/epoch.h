/* SPDX-License-Identifier: Apache-2.0
 *
 * epoch: the highest epoch that Sentinels (config-epoch) or members of a
 * cluster (current epoch) reported to any child of the host, and the rules by
 * which a lower one replaces it. It is in memory that all children share. It
 * takes no lock and does no I/O; time is a parameter (shs_clock_now()).
 *
 * A server that reports a lower epoch than the known one does not know of the
 * last failover, and may name the former master. But servers that were set up
 * anew also begin with a low epoch. Therefore:
 *
 *  1. A higher epoch is the known one at once, whichever server reports it.
 *  2. A round supports a lower epoch if no server was trusted in it, and at
 *     least half of the URL's addresses reported a lower one, and so did at
 *     least half of the masters that the cluster's members named last.
 *  3. The lower epoch is the known one at once if the URL has two addresses or
 *     more and each server that was asked reported a lower one.
 *  4. Otherwise it is the known one after SHS_EPOCH_LOWER_AFTER of rounds that
 *     support it. Of the time between two such rounds, SHS_EPOCH_LOWER_STEP
 *     counts at most.
 *  5. That time begins anew when a server reports the known epoch or a higher
 *     one to any child, even a member whose cluster is down; and when a server
 *     is trusted that reports no epoch. A round without replies, or with too
 *     few, neither adds to the time nor ends it.
 *
 * Half is enough: a failover needs the votes of more than half of the
 * Sentinels, or of the masters, so the other half cannot have held one. Rule 3
 * requires two addresses, because several servers may be behind one address,
 * and one of these may be behind the others. Rule 4 limits the time that was
 * not observed, because a host that was suspended has given no server time to
 * catch up.
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
#define SHS_EPOCH_LOWER_STEP  (2 * APR_USEC_PER_SEC)

typedef enum shs_epoch_source_t {
    SHS_EPOCH_OF_NONE,
    SHS_EPOCH_OF_SENTINELS,
    SHS_EPOCH_OF_MEMBERS
} shs_epoch_source_t;

/* Zeroed memory is valid. */
typedef struct shs_epoch_t {
    _Atomic apr_int64_t known;       /* the highest that was reported ... */
    _Atomic apr_int64_t reported_at; /* ... and when, last */
    _Atomic apr_int64_t lower_at;    /* the last round that supported a lower
                                      * one; 0: none since */
    _Atomic apr_int64_t lower_for;   /* the time between these that counts */
    _Atomic apr_uint32_t lower_of;   /* shs_epoch_source_t: the servers of the
                                      * last round, if it found only lower
                                      * epochs */
} shs_epoch_t;

/* Servers, each counted once. */
typedef struct shs_epoch_group_t {
    int all;
    int lower; /* those that reported a lower epoch in this round */
} shs_epoch_group_t;

/* The result of a round of queries. */
typedef struct shs_epoch_round_t {
    apr_int64_t known;         /* when the round began */
    apr_int64_t reported;      /* the highest of the lower epochs */
    shs_epoch_source_t source; /* the servers that were queried */
    int is_trusted;            /* a server was, which reported no lower one */
    shs_epoch_group_t seeds;   /* the URL's addresses */
    shs_epoch_group_t members; /* a cluster's masters, as its members named them
                                * last ... */
    shs_epoch_group_t former;  /* ... and before, when they were trusted */
} shs_epoch_round_t;

/* Notes that a server reported this epoch. Returns 0 if it is lower than the
 * known one; otherwise it is the known one from now on. */
int shs_epoch_note(shs_epoch_t *epoch, apr_int64_t reported, apr_time_t now);

/* Notes that a server reported this epoch that is not trusted: the known one
 * does not change. */
void shs_epoch_note_untrusted(shs_epoch_t *epoch, apr_int64_t reported,
                              apr_time_t now);

/* Ends a round. Returns 1 if its lower epoch is the known one from now on. */
int shs_epoch_end_round(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                        apr_time_t now);

/* Why the servers are not trusted (static text), if the last round found only
 * lower epochs; else `other_reason`, which may be NULL. */
const char *shs_epoch_explain(const shs_epoch_t *epoch,
                              const char *other_reason);

#endif
