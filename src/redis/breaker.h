/* SPDX-License-Identifier: Apache-2.0
 *
 * breaker: a circuit breaker, so that a server that gives no answer costs the
 * whole host one waiting request now and then, and not every request its
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
 * After the n-th failed probe the next one goes after first_probe_after and a
 * random part of min(4, 2^n) times it (full jitter, after Brooker, "Exponential
 * Backoff and Jitter", AWS Architecture Blog 2015, with a floor, so that two
 * probes never follow each other at once).
 *
 * What one key does is not what a server does: a value that is too large may
 * be all that the server is late with. So the rule of evidence is:
 *  1. A failure of the server itself (no connection, an error that is about no
 *     key, no answer to a write or a question of size) counts each time.
 *  2. A question for a value that comes to no answer, or any for that key while
 *     another asks for its value, counts once a key in a row of failures.
 *  3. One key alone never opens it.
 * A key whose value did not come is asked for its size first, the next time
 * (heavy.h). That is rule 1, so where one key is all that anybody asks for, an
 * outage opens it after as many failures as elsewhere; and an answer to that is
 * a success.
 *
 * Which server it stands for may change, as when a failover names a new
 * master. `subject` tells them apart: another subject than the one that failed
 * may be probed at once. But children that know different servers must not
 * take turns in that: after the first such probe of an outage each further one
 * keeps as far away from every probe as if that had waited to its end and put
 * the next one off.
 */
#ifndef SHS_REDIS_BREAKER_H
#define SHS_REDIS_BREAKER_H

#include <stdatomic.h>

#include <apr_time.h>

/* The subject of who has yet to find out which server to ask: never probed
 * before its time. */
#define SHS_BREAKER_NOBODY 1

/* So many keys of one row of failures are told apart. */
#define SHS_BREAKER_KEYS 8

typedef struct shs_breaker_policy_t {
    int failures; /* in a row that open it; 1 or more */
    apr_interval_time_t first_probe_after;
    apr_interval_time_t probe_for; /* a probe not heard of for so long is lost
                                    * with its child: another may go */
    int is_off;                    /* it only reports: nothing is blocked */
} shs_breaker_policy_t;

/* Zeroed memory is a closed breaker. In shared memory; fields are private. */
typedef struct shs_breaker_t {
    _Atomic apr_int64_t probe_at;   /* shs_clock_now() of the next probe; 0:
                                   * closed */
    _Atomic apr_int64_t early_at;   /* from when on another subject may be
                                   * probed before that; 0: at once */
    _Atomic apr_int64_t silent_at;  /* when a question was asked that a
                                    * connection of a pool did not answer */
    _Atomic apr_uint32_t failures;  /* in a row */
    _Atomic apr_uint32_t is_told;   /* that it is down */
    _Atomic apr_uint32_t is_proven; /* it has answered once */
    _Atomic apr_uint32_t rounds;    /* probes that failed since it opened */
    _Atomic apr_uint32_t subject;   /* which server failed */
    _Atomic apr_uint32_t
        of_server;                /* failures of the server itself, in a row */
    _Atomic apr_uint32_t of_keys; /* of keys, each once ... */
    _Atomic apr_uint32_t keys[SHS_BREAKER_KEYS]; /* ... the last of them */
} shs_breaker_t;

typedef enum shs_breaker_pass_t {
    SHS_BREAKER_PASS,  /* closed: ask */
    SHS_BREAKER_PROBE, /* ask, and let it know: others wait for this answer */
    SHS_BREAKER_BLOCK  /* open: do not ask */
} shs_breaker_pass_t;

typedef enum shs_breaker_verdict_t {
    SHS_BREAKER_OK,
    SHS_BREAKER_FAILED,
    SHS_BREAKER_UNKNOWN /* it came to no answer for reasons of our own */
} shs_breaker_verdict_t;

/* What is to be told, once, by whoever is given it: that the breaker opened, or
 * that the first question of all failed, which rather is a mistake in the
 * configuration; and afterwards that there was an answer. */
typedef enum shs_breaker_news_t {
    SHS_BREAKER_NO_NEWS,
    SHS_BREAKER_DOWN,
    SHS_BREAKER_UP
} shs_breaker_news_t;

/* Whether a request may ask that subject (not 0) now. Unless BLOCK, its verdict
 * must follow by shs_breaker_note(). */
shs_breaker_pass_t shs_breaker_admit(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     apr_uint32_t subject, apr_time_t now);

/* `key`, of FAILED: a hash of the key of rule 2; 0: the server failed. */
shs_breaker_news_t shs_breaker_note(shs_breaker_t *breaker,
                                    const shs_breaker_policy_t *policy,
                                    shs_breaker_pass_t pass,
                                    shs_breaker_verdict_t verdict,
                                    apr_uint32_t subject, apr_uint32_t key,
                                    apr_time_t now);

/* Whether it was told that it is down, and not yet that there was an answer. */
int shs_breaker_is_told(const shs_breaker_t *breaker);

/* Connections may go silent all at once, and new ones be answered: a firewall
 * has lost what it knew of them. So when one of a pool gets no answer, no child
 * relies on one whose last answer is older than that question. */
void shs_breaker_note_silence(shs_breaker_t *breaker, apr_time_t asked_at);

/* From when on a connection must have been answered to be relied on; 0: any. */
apr_time_t shs_breaker_heard_since(const shs_breaker_t *breaker);

/* "closed", "open" or "half-open". */
const char *shs_breaker_describe(const shs_breaker_t *breaker, apr_time_t now);

#endif
