/* SPDX-License-Identifier: Apache-2.0
 *
 * epoch: the highest epoch that Sentinels (config-epoch) or the members of a
 * cluster (current epoch) told any child of the host, and when a lower one is
 * taken for it. It lies in memory that all children share; it takes no lock and
 * does no I/O; time is a parameter (shs_clock_now()).
 *
 * A server that tells a lower epoch has not heard of the last failover, and is
 * not believed: it may name the master of before. Servers that were set up anew
 * begin with a low epoch too, and must be believed some day, though one of the
 * URL's addresses stays dead; and so must those that are left after one has
 * told an epoch that is wrong. So the lower epoch counts
 *
 *  1. at once where all that there are tell a lower one in one round;
 *  2. else where in each round for SHS_EPOCH_LOWER_AFTER most of the URL's
 *     addresses tell a lower one, and for as long none tells the known one or a
 *     higher one to any child of the host.
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

typedef enum shs_epoch_source_t {
    SHS_EPOCH_OF_NONE,
    SHS_EPOCH_OF_SENTINELS,
    SHS_EPOCH_OF_MEMBERS
} shs_epoch_source_t;

/* Zeroed memory is valid. */
typedef struct shs_epoch_t {
    _Atomic apr_int64_t known;       /* the highest that was told ... */
    _Atomic apr_int64_t told_at;     /* ... and when, last */
    _Atomic apr_int64_t lower_since; /* most tell a lower one; 0: they do not */
    _Atomic apr_uint32_t lower_of;   /* shs_epoch_source_t: the last round came
                                        to lower ones only */
} shs_epoch_t;

/* What a round came to. */
typedef struct shs_epoch_round_t {
    apr_int64_t known; /* when it began */
    apr_int64_t told;  /* the highest of the lower ones */
    int is_any;  /* lower ones were told, and no other server believed, ... */
    int is_most; /* ... by most of the URL's addresses, ... */
    int is_all;  /* ... by all that there are */
    shs_epoch_source_t source; /* that were asked */
} shs_epoch_round_t;

/* A server told it. Returns 0 if it is lower than the known one; raises that
 * otherwise. */
int shs_epoch_hear(shs_epoch_t *epoch, apr_int64_t told, apr_time_t now);

/* A round has ended. Returns 1 if what it came to is the known one from now
 * on. */
int shs_epoch_weigh(shs_epoch_t *epoch, const shs_epoch_round_t *round,
                    apr_time_t now);

/* What the last round came to, where it came to lower ones only: a static text,
 * or what else is given, such as NULL. */
const char *shs_epoch_explain(const shs_epoch_t *epoch, const char *otherwise);

#endif
