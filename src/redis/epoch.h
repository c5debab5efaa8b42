/* SPDX-License-Identifier: Apache-2.0
 *
 * epoch: the highest epoch that Sentinels (config-epoch) or the members of a
 * cluster (current epoch) told any child of the host, and when a lower one is
 * taken for it. It lies in memory that all children share; it takes no lock and
 * does no I/O; time is a parameter (shs_clock_now()).
 *
 * A server that tells a lower epoch than the known one has not heard of the
 * last failover, and may name the master of before. Servers that were set up
 * anew begin with a low epoch too. So:
 *
 *  1. A higher epoch is the known one at once, whichever server tells it.
 *  2. A round speaks for a lower epoch if no server was believed in it, and at
 *     least half of the URL's addresses told a lower one, and at least half of
 *     the masters that members of the cluster named last.
 *  3. The lower epoch is the known one at once if the URL has two addresses or
 *     more and each server that was asked told a lower one.
 *  4. Else it is the known one after SHS_EPOCH_LOWER_AFTER of rounds that speak
 *     for it. The time between two of them counts, SHS_EPOCH_LOWER_STEP of it
 *     at most.
 *  5. That time begins anew when any child is told the known epoch or a higher
 *     one, also by a member whose cluster is down, and when a server is
 *     believed that tells no epoch. A round without an answer, or with too few,
 *     adds nothing and takes nothing away.
 *
 * Half is enough, because a failover needs the votes of more than half of the
 * Sentinels, or of the masters: the other half cannot have held one. Rule 3
 * wants two addresses, because several servers may stand behind one, and one of
 * these may lag behind. Rule 4 bounds what is not seen, because a host that was
 * suspended has given no server time to catch up.
 *
 * Sentinels announce what they know to each other every two seconds, and a
 * member of a cluster that is cut off says so after cluster-node-timeout, half
 * of which, 7.5 s, may be left when its successor is elected: a server that
 * lags behind for longer is not about to hear of a failover.
 * https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/
 */
#ifndef SHS_REDIS_EPOCH_H
#define SHS_REDIS_EPOCH_H

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
    _Atomic apr_int64_t known;     /* the highest that was told ... */
    _Atomic apr_int64_t told_at;   /* ... and when, last */
    _Atomic apr_int64_t lower_at;  /* the last round that spoke for a lower one;
                                      0: none since */
    _Atomic apr_int64_t lower_for; /* what counts of the time between these */
    _Atomic apr_uint32_t lower_of; /* shs_epoch_source_t: the last round told
                                      lower epochs only */
} shs_epoch_t;

/* Servers, each counted once. */
typedef struct shs_epoch_group_t {
    int all;
    int lower; /* those of them that told a lower one in this round */
} shs_epoch_group_t;

/* The result of a round. */
typedef struct shs_epoch_round_t {
    apr_int64_t known;         /* when it began */
    apr_int64_t told;          /* the highest of the lower ones */
    shs_epoch_source_t source; /* that were asked */
    int is_believed;           /* a server was, and it told no lower epoch */
    shs_epoch_group_t seeds;   /* the URL's addresses */
    shs_epoch_group_t members; /* a cluster's masters, as its members named them
                                * last ... */
    shs_epoch_group_t former;  /* ... and before, when they were believed */
} shs_epoch_round_t;

/* A server told it. Returns 0 if it is lower than the known one; raises that
 * otherwise. */
int shs_epoch_hear(shs_epoch_t *epoch, apr_int64_t told, apr_time_t now);

/* A server that is not believed told it: the known epoch is not raised. */
void shs_epoch_overhear(shs_epoch_t *epoch, apr_int64_t told, apr_time_t now);

/* A round has ended. Returns 1 if the epoch that it told is the known one from
 * now on. */
int shs_epoch_weigh(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                    apr_time_t now);

/* A static text that says so if the last round told lower epochs only;
 * `otherwise` if not, which may be NULL. */
const char *shs_epoch_explain(const shs_epoch_t *epoch, const char *otherwise);

#endif
