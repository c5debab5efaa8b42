/* SPDX-License-Identifier: Apache-2.0
 *
 * The hot path (closed and healthy) reads a few words and writes none, so that
 * the cache line is not passed between processors.
 */
#include "redis/health/breaker.h"

/* The random part is at most this many times first_probe_after. */
#define MAX_BACKOFF 4

/* The earliest time of the next early probe after a probe that begins now. */
static apr_int64_t next_early_probe_at(const shs_breaker_policy_t *policy,
                                       apr_time_t now)
{
    return now + policy->probe_for + policy->first_probe_after;
}

/* Claims the probe: the child that changes probe_at from the value that was
 * read. */
static shs_breaker_pass_t take_probe(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     apr_int64_t probe_at, apr_uint32_t subject,
                                     apr_time_t now)
{
    if (!atomic_compare_exchange_strong(&breaker->probe_at, &probe_at,
                                        now + policy->probe_for)) {
        return SHS_BREAKER_BLOCK;
    }
    if (subject != SHS_BREAKER_NO_SUBJECT) {
        atomic_store(&breaker->subject, subject);
    }
    if (atomic_load(&breaker->early_probe_at) != 0) {
        atomic_store(&breaker->early_probe_at,
                     next_early_probe_at(policy, now));
    }
    return SHS_BREAKER_PROBE;
}

/* Whether the breaker still stands for another server. Then the first child
 * that knows the new one may probe it early. */
static int is_early(shs_breaker_t *breaker, const shs_breaker_policy_t *policy,
                    apr_uint32_t subject, apr_time_t now)
{
    apr_int64_t early_probe_at = atomic_load(&breaker->early_probe_at);

    return subject != SHS_BREAKER_NO_SUBJECT
           && subject != atomic_load(&breaker->subject) && now >= early_probe_at
           && atomic_compare_exchange_strong(&breaker->early_probe_at,
                                             &early_probe_at,
                                             next_early_probe_at(policy, now));
}

shs_breaker_pass_t shs_breaker_admit(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     apr_uint32_t subject, apr_time_t now)
{
    apr_int64_t probe_at = atomic_load(&breaker->probe_at);

    if (probe_at == 0 || policy->is_off) {
        return SHS_BREAKER_PASS;
    }
    if (now < probe_at && !is_early(breaker, policy, subject, now)) {
        return SHS_BREAKER_BLOCK;
    }
    return take_probe(breaker, policy, probe_at, subject, now);
}

/* Avoids a write, and so the transfer of the cache line. */
static void set_if_changed(_Atomic apr_uint32_t *word, apr_uint32_t value)
{
    if (atomic_load(word) != value) {
        atomic_store(word, value);
    }
}

static shs_breaker_alert_t note_success(shs_breaker_t *breaker)
{
    set_if_changed(&breaker->failures, 0);
    set_if_changed(&breaker->server_failures, 0);
    set_if_changed(&breaker->key_failures, 0);
    set_if_changed(&breaker->rounds, 0);
    set_if_changed(&breaker->is_proven, 1);
    if (atomic_load(&breaker->probe_at) != 0) {
        atomic_store(&breaker->probe_at, 0);
        atomic_store(&breaker->early_probe_at, 0);
    }
    return atomic_load(&breaker->is_reported) != 0
                   && atomic_exchange(&breaker->is_reported, 0) != 0
               ? SHS_BREAKER_UP
               : SHS_BREAKER_NO_ALERT;
}

/* The clock's microseconds are random enough to spread the hosts and need no
 * state. Multiplication by a large odd number (Knuth, TAOCP 6.4) spreads them
 * over all 32 bits. */
static apr_interval_time_t jitter(apr_interval_time_t most, apr_time_t now)
{
    apr_uint32_t spread = (apr_uint32_t)now * 2654435761u;

    return (apr_interval_time_t)((double)most * spread / 4294967296.0);
}

/* If a success has closed the breaker meanwhile, it stays closed. */
static void postpone_probe(shs_breaker_t *breaker,
                           const shs_breaker_policy_t *policy, apr_time_t now)
{
    apr_int64_t probe_at = atomic_load(&breaker->probe_at);
    apr_interval_time_t most = policy->first_probe_after;

    most *= atomic_fetch_add(&breaker->rounds, 1) >= 1 ? MAX_BACKOFF : 2;
    if (probe_at != 0) {
        atomic_compare_exchange_strong(&breaker->probe_at, &probe_at,
                                       now + policy->first_probe_after
                                           + jitter(most, now));
    }
}

/* Rules 1 and 2: whether the failure counts. Two threads at once may count one
 * key twice, but never one key as two (rule 3). */
static int is_counted(shs_breaker_t *breaker, apr_uint32_t key)
{
    apr_uint32_t count, i;

    if (key == 0) {
        set_if_changed(&breaker->server_failures, 1);
        return 1;
    }
    count = atomic_load(&breaker->key_failures);
    for (i = 0; i < count && i < SHS_BREAKER_KEYS; ++i) {
        if (atomic_load(&breaker->keys[i]) == key) {
            return 0;
        }
    }
    atomic_store(&breaker->keys[count % SHS_BREAKER_KEYS], key);
    atomic_store(&breaker->key_failures, count + 1);
    return 1;
}

static int open_breaker(shs_breaker_t *breaker,
                        const shs_breaker_policy_t *policy,
                        apr_uint32_t subject, apr_uint32_t key, apr_time_t now)
{
    apr_int64_t closed = 0;

    if (atomic_load(&breaker->probe_at) != 0 || !is_counted(breaker, key)
        || atomic_fetch_add(&breaker->failures, 1) + 1
               < (apr_uint32_t)policy->failures) {
        return 0;
    }
    if (atomic_load(&breaker->server_failures) == 0
        && atomic_load(&breaker->key_failures) < 2) {
        return 0;
    }
    atomic_store(&breaker->subject, subject);
    return atomic_compare_exchange_strong(&breaker->probe_at, &closed,
                                          now + policy->first_probe_after);
}

static shs_breaker_alert_t note_failure(shs_breaker_t *breaker,
                                        const shs_breaker_policy_t *policy,
                                        apr_uint32_t subject, apr_uint32_t key,
                                        apr_time_t now)
{
    int is_down = open_breaker(breaker, policy, subject, key, now)
                  || atomic_load(&breaker->is_proven) == 0;

    return is_down && atomic_exchange(&breaker->is_reported, 1) == 0
               ? SHS_BREAKER_DOWN
               : SHS_BREAKER_NO_ALERT;
}

/* The next request may probe at once. */
static void give_up_probe(shs_breaker_t *breaker, apr_time_t now)
{
    apr_int64_t probe_at = atomic_load(&breaker->probe_at);

    if (probe_at > now) {
        atomic_compare_exchange_strong(&breaker->probe_at, &probe_at, now);
    }
}

shs_breaker_alert_t shs_breaker_note(shs_breaker_t *breaker,
                                     const shs_breaker_policy_t *policy,
                                     shs_breaker_pass_t pass,
                                     shs_breaker_result_t result,
                                     apr_uint32_t subject, apr_uint32_t key,
                                     apr_time_t now)
{
    switch (result) {
    case SHS_BREAKER_OK:
        return note_success(breaker);
    case SHS_BREAKER_FAILED:
        if (pass == SHS_BREAKER_PROBE) {
            postpone_probe(breaker, policy, now);
            return SHS_BREAKER_NO_ALERT;
        }
        return note_failure(breaker, policy, subject, key, now);
    case SHS_BREAKER_UNKNOWN:
        if (pass == SHS_BREAKER_PROBE) {
            give_up_probe(breaker, now);
        }
        break;
    }
    return SHS_BREAKER_NO_ALERT;
}

int shs_breaker_is_reported(const shs_breaker_t *breaker)
{
    return atomic_load(&breaker->is_reported) != 0;
}

void shs_breaker_note_no_reply(shs_breaker_t *breaker, apr_time_t asked_at)
{
    apr_int64_t before = atomic_load(&breaker->no_reply_at);

    while (asked_at > before
           && !atomic_compare_exchange_weak(&breaker->no_reply_at, &before,
                                            asked_at)) {
        continue;
    }
}

apr_time_t shs_breaker_trusted_since(const shs_breaker_t *breaker)
{
    return atomic_load(&breaker->no_reply_at);
}

const char *shs_breaker_describe(const shs_breaker_t *breaker, apr_time_t now)
{
    apr_int64_t probe_at = atomic_load(&breaker->probe_at);

    return probe_at == 0 ? "closed" : now < probe_at ? "open" : "half-open";
}
