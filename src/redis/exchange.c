/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/exchange.h"

#include "redis/answer.h"
#include "redis/identity.h"
#include "redis/script.h"
#include "store/clock.h"

/* A refusal is told once in this time on the whole host. */
#define REFUSAL_EVERY (60 * APR_USEC_PER_SEC)

/* So many failures within a minute are no accident. */
#define REPEATEDLY 5

static void count(const shs_conversation_t *talk, shs_counter_t counter)
{
    shs_counters_add(&talk->client->shared->counters, counter);
}

static shs_outcome_t read_taken(shs_answer_t *answer,
                                const shs_conversation_t *talk)
{
    shs_outcome_t outcome;

    answer->source = talk->is_replica         ? 0
                     : talk->attempt.identity ? talk->attempt.identity
                                              : SHS_IDENTITY_UNKNOWN;
    if (talk->attempt.status == SHS_CONN_TOO_LARGE
        || talk->attempt.got.is_too_large) {
        answer->reason = "it is larger than SharedSessionMaxSize, or has more"
                         " than 4096 fields";
        return SHS_OUTCOME_MALFORMED;
    }
    outcome = shs_answer_read(answer, talk->attempt.got.replies,
                              talk->query->shape, talk->p);
    if (!talk->is_replica) {
        return outcome;
    }
    count(talk, SHS_COUNTER_REPLICA_READS);
    if (outcome == SHS_OUTCOME_ABSENT) {
        /* The replica may not have heard of it yet. */
        answer->reason = "the master gives no answer, and its replica knows"
                         " no such session";
        outcome = SHS_OUTCOME_UNAVAILABLE;
        count(talk, SHS_COUNTER_UNAVAILABLE);
    }
    return outcome;
}

static shs_outcome_t read_failure(shs_answer_t *answer,
                                  const shs_conversation_t *talk)
{
    const shs_verdict_t *verdict = &talk->verdict;

    count(talk, SHS_COUNTER_UNAVAILABLE);
    count(talk, verdict->cause);
    answer->reason = verdict->reason;
    answer->is_refusal = verdict->is_refusal;
    return SHS_OUTCOME_UNAVAILABLE;
}

/* Whether nobody on this host has told of a refusal in the last minute. */
static int is_news(shs_shared_t *shared, apr_time_t now)
{
    apr_int64_t told_at = atomic_load(&shared->refusal_told_at);

    return (told_at == 0 || now - told_at >= REFUSAL_EVERY)
           && atomic_compare_exchange_strong(&shared->refusal_told_at, &told_at,
                                             now);
}

/* How many failures within a minute are told. A write that is answered by an
 * error fails by rule; what gets no answer may be an outage that begins, of
 * which the circuit breaker tells. */
static apr_uint32_t least_of(const shs_conversation_t *talk)
{
    return talk->write && talk->is_error ? 1 : REPEATEDLY;
}

/* Of what failed, and is told by nobody else. */
static void read_trouble(shs_answer_t *answer, const shs_conversation_t *talk)
{
    shs_shared_t *shared = talk->client->shared;
    const shs_breaker_t *breaker = talk->passage.route.breaker;

    if (talk->verdict.cause == SHS_COUNTER_BLOCKED || !breaker
        || shs_breaker_is_told(breaker)) {
        return;
    }
    if (shs_trouble_note(talk->write ? &shared->of_writes : &shared->of_lookups,
                         least_of(talk), shs_clock_now())) {
        answer->transition =
            talk->write ? SHS_TRANSITION_UNWRITABLE : SHS_TRANSITION_SHAKY;
        answer->transition_reason = answer->reason;
    }
}

/* A failover, when there is nothing more urgent. */
static void read_masters(shs_answer_t *answer, const shs_conversation_t *talk)
{
    answer->transition_reason = shs_masters_tell(&talk->client->shared->masters,
                                                 shs_clock_now(), talk->p);
    if (answer->transition_reason) {
        answer->transition = SHS_TRANSITION_MASTER;
    }
}

/* A refusal has its own line, and is not told as an outage too. One that ends
 * an outage tells of that, and the next one of itself. */
static void read_transition(shs_answer_t *answer,
                            const shs_conversation_t *talk)
{
    const shs_passage_t *passage = &talk->passage;

    if (passage->transition == SHS_TRANSITION_UP
        || (passage->transition != SHS_TRANSITION_NONE
            && !answer->is_refusal)) {
        answer->transition = passage->transition;
        answer->transition_reason = passage->transition_reason;
    }
    else if (answer->is_refusal) {
        if (is_news(talk->client->shared, shs_clock_now())) {
            answer->transition = SHS_TRANSITION_REFUSED;
            answer->transition_reason = answer->reason;
        }
    }
    else if (talk->verdict.next != SHS_VERDICT_TAKE) {
        read_trouble(answer, talk);
    }
    if (answer->transition == SHS_TRANSITION_NONE) {
        read_masters(answer, talk);
    }
}

shs_outcome_t shs_exchange_run(shs_answer_t *answer, const shs_client_t *client,
                               const shs_query_t *query, apr_pool_t *p)
{
    shs_conversation_t talk;
    shs_outcome_t outcome;

    shs_conversation_hold(&talk, client, query, NULL, p);
    outcome = talk.verdict.next == SHS_VERDICT_TAKE
                  ? read_taken(answer, &talk)
                  : read_failure(answer, &talk);
    read_transition(answer, &talk);
    return outcome;
}

static shs_wrote_t read_written(shs_answer_t *answer,
                                const shs_conversation_t *talk)
{
    const shs_reply_t *reply = talk->attempt.got.replies[0];

    if (reply->kind != SHS_REPLY_ERROR) {
        return shs_script_read(&answer->reason, reply);
    }
    answer->reason = "the key holds another type of value than the format"
                     " writes (WRONGTYPE)";
    return SHS_WROTE_MALFORMED;
}

/* Whether it shows that writes are taken again: a server without memory ends
 * sessions and keeps them alive all the same. */
static int is_proof(const shs_write_t *write, shs_wrote_t wrote)
{
    return wrote == SHS_WROTE_DONE
           && (write->kind == SHS_WRITE_CREATE
               || write->kind == SHS_WRITE_CHANGE);
}

shs_wrote_t shs_exchange_write(shs_answer_t *answer, const shs_client_t *client,
                               const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote = SHS_WROTE_UNAVAILABLE;
    shs_conversation_t talk;

    shs_conversation_hold(&talk, client, &write->at, write, p);
    count(&talk, SHS_COUNTER_WRITES);
    if (talk.verdict.next == SHS_VERDICT_TAKE) {
        wrote = read_written(answer, &talk);
    }
    else {
        read_failure(answer, &talk);
        count(&talk, SHS_COUNTER_WRITES_FAILED);
    }
    if (wrote == SHS_WROTE_CONFLICT) {
        count(&talk, SHS_COUNTER_CONFLICTS);
    }
    read_transition(answer, &talk);
    if (is_proof(write, wrote) && answer->transition == SHS_TRANSITION_NONE
        && shs_trouble_end(&client->shared->of_writes)) {
        answer->transition = SHS_TRANSITION_WRITABLE;
    }
    return wrote;
}
