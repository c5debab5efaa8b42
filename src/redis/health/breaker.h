/* SPDX-License-Identifier: Apache-2.0
 *
 * breaker: a circuit breaker, so that a server that does not reply costs the
 * whole host one waiting request now and then, instead of every request its
 * deadline. It lies in memory that all children share, takes no lock, and
 * survives a child that is killed at any instruction. It knows nothing of
 * Redis; time is a parameter.
 *
 *             `failures` in a row                 first_probe_after
 *   CLOSED ----------------------------> OPEN ----------------------> HALF-OPEN
 *     ^                                   ^  the probe fails: backoff     |
 *     |                                   +-------------------------------+
 *     +-------------------------------------------------------------------+
 *                                the probe succeeds
 *
 * After the n-th failed probe the next one follows after first_probe_after and
 * a random part of min(4, 2^n) times it (full jitter, after Brooker,
 * "Exponential Backoff and Jitter", AWS Architecture Blog 2015, with a floor,
 * so that two probes never follow each other at once).
 *
 * The failure of one key does not prove a failure of the server: the server may
 * be late only because the value is too large. So the rules of evidence are:
 *  1. A failure of the server itself (no connection, an error that is not about
 *     a key, no reply to a write or to a request for a size) counts each time.
 *  2. A request for a value, or for a key whose value another request loads,
 *     that gets no reply counts once for each key in a row of failures.
 *  3. One key alone never opens the breaker.
 *
 * If the value of a key did not come, its size is requested first the next time
 * (big_key.h), and rule 1 applies to that. So even if all requests are for one
 * key, an outage opens the breaker after as many failures as usual; and a reply
 * to such a request is a success.
 *
 * The server behind a breaker may change, as when a failover names a new
 * master. `subject` identifies it: a subject other than the one that failed may
 * be probed before the next probe is due. But children that know different
 * servers must not alternate in this. So after the first early probe of an
 * outage, each further one keeps the same distance from every probe as if that
 * probe had taken its full time and then failed.
 */
#ifndef SHS_REDIS_HEALTH_BREAKER_H
#define SHS_REDIS_HEALTH_BREAKER_H

#include <stdatomic.h>

#include <apr_time.h>

/* The subject while the server is not known yet. It is never probed early. */
#define SHS_BREAKER_NO_SUBJECT 1

/* The number of keys that are told apart in a row of failures. */
#define SHS_BREAKER_KEYS 8

typedef struct shs_breaker_policy_t {
    int failures; /* in a row that open it; 1 or more */
    apr_interval_time_t first_probe_after;
    apr_interval_time_t probe_for; /* a probe without a result for so long is
                                    * lost with its child: another one may
                                    * follow */
    int is_off;                    /* it reports and never blocks */
} shs_breaker_policy_t;

/* Zeroed memory is a closed breaker. In shared memory; fields are private. */
typedef struct shs_breaker_t {
    _Atomic apr_int64_t probe_at;       /* when the next probe is due; 0:
                                         * closed */
    _Atomic apr_int64_t early_probe_at; /* when another subject may be probed
                                         * before that; 0: at once */
    _Atomic apr_int64_t no_reply_at;    /* when a command was sent that a pooled
                                         * connection did not answer */
    _Atomic apr_uint32_t failures;      /* in a row */
    _Atomic apr_uint32_t is_reported;   /* that it is down */
    _Atomic apr_uint32_t is_proven;     /* the server has replied once */
    _Atomic apr_uint32_t rounds;        /* probes that failed since it opened */
    _Atomic apr_uint32_t subject;       /* which server failed */
    _Atomic apr_uint32_t server_failures; /* of the server itself, in a row */
    _Atomic apr_uint32_t key_failures;    /* of keys, each once ... */
    _Atomic apr_uint32_t keys[SHS_BREAKER_KEYS]; /* ... the last of them */
} shs_breaker_t;

typedef enum shs_breaker_pass_t {
    SHS_BREAKER_PASS,  /* closed: send the command */
    SHS_BREAKER_PROBE, /* send it, and note the result: others wait for it */
    SHS_BREAKER_BLOCK  /* open: do not send it */
} shs_breaker_pass_t;

typedef enum shs_breaker_result_t {
    SHS_BREAKER_OK,
    SHS_BREAKER_FAILED,
    SHS_BREAKER_UNKNOWN /* there was no reply, but not because of the server */
} shs_breaker_result_t;

/* What the caller has to report, once. DOWN: the breaker opened, or the very
 * first command failed, as by a wrong configuration. UP: a reply followed. */
typedef enum shs_breaker_alert_t {
    SHS_BREAKER_NO_ALERT,
    SHS_BREAKER_DOWN,
    SHS_BREAKER_UP
} shs_breaker_alert_t;

/* Whether a request may be sent to that subject (not 0) now. Unless BLOCK, its
 * result must follow by shs_breaker_note(). */
shs_breaker_pass_t shs_breaker_admit(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     apr_uint32_t subject, apr_time_t now);

/* `key`, with FAILED: the hash of the key of rule 2; 0: the server failed. */
shs_breaker_alert_t shs_breaker_note(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     shs_breaker_pass_t pass,
                                     shs_breaker_result_t result,
                                     apr_uint32_t subject, apr_uint32_t key,
                                     apr_time_t now);

/* Whether DOWN was reported, and UP not yet. */
int shs_breaker_is_reported(const shs_breaker_t *breaker);

/* All connections may go silent at once while new ones work: a firewall has
 * lost its state. So if a pooled connection gets no reply, no child trusts one
 * whose last reply is older than the command. */
void shs_breaker_note_no_reply(shs_breaker_t *breaker, apr_time_t asked_at);

/* A connection is trusted if its last reply came at this time or later; 0:
 * every connection is. */
apr_time_t shs_breaker_trusted_since(const shs_breaker_t *breaker);

/* "closed", "open" or "half-open". */
const char *shs_breaker_describe(const shs_breaker_t *breaker, apr_time_t now);

#endif
