/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/exchange.h"

#include <poll.h>
#include <string.h>

#include <apr_strings.h>

#include "redis/answer.h"
#include "redis/attempt.h"
#include "redis/redirect.h"
#include "redis/slot.h"
#include "redis/verdict.h"
#include "store/clock.h"

#define MOST_REDIRECTIONS 5

/* How often it is found out anew, in one lookup, who serves the key. */
#define MOST_RENEWALS 2

/* The first pause of one who waits; each further one is twice as long. */
#define FIRST_PAUSE   (5 * 1000)
#define LONGEST_PAUSE (50 * 1000)

/* With less time left than this nothing more is asked. */
#define LEAST_TIME (2 * 1000)

/* A refusal is told once in this time on the whole host. */
#define REFUSAL_EVERY (60 * APR_USEC_PER_SEC)

/* One lookup on its way. */
typedef struct lookup_t {
    const shs_client_t *client;
    const shs_query_t *query;
    apr_pool_t *p;
    shs_passage_t passage;
    int is_asking;
    int is_replica;
    int redirections;
    int retries; /* that are left */
    int renewals;
    int replicas; /* that were tried */
    apr_interval_time_t pause;
    shs_attempt_t attempt; /* the last one ... */
    shs_verdict_t verdict; /* ... and what it, or the way to it, came to */
} lookup_t;

static void count(const lookup_t *lookup, shs_counter_t counter)
{
    shs_counters_add(&lookup->client->shared->counters, counter);
}

static int fail(lookup_t *lookup, shs_counter_t cause, const char *reason)
{
    memset(&lookup->verdict, 0, sizeof(lookup->verdict));
    lookup->verdict.next = SHS_VERDICT_FAIL;
    lookup->verdict.cause = cause;
    lookup->verdict.reason = reason;
    return 0;
}

static int find(lookup_t *lookup)
{
    lookup->is_asking = 0;
    lookup->is_replica = 0;
    if (shs_passage_open(&lookup->passage)) {
        return 1;
    }
    fail(lookup, lookup->passage.cause, lookup->passage.reason);
    lookup->verdict.is_refusal = lookup->passage.cause == SHS_COUNTER_REFUSED;
    return 0;
}

static void leave(lookup_t *lookup, shs_breaker_verdict_t verdict)
{
    shs_passage_leave(&lookup->passage, verdict, lookup->verdict.reason);
}

/* A server that has said why it must be waited for, and then not answered in
 * what little time was left, has said more than that its time was over. */
static void put(lookup_t *lookup)
{
    shs_verdict_t before = lookup->verdict;

    shs_attempt_make(&lookup->attempt, &lookup->passage, lookup->query,
                     lookup->is_asking, lookup->retries > 0, lookup->p);
    lookup->verdict = lookup->attempt.verdict;
    if (before.next == SHS_VERDICT_WAIT
        && lookup->attempt.status == SHS_CONN_TIMEOUT) {
        lookup->verdict.cause = before.cause;
        lookup->verdict.reason = before.reason;
    }
}

/* Whether the answer may be taken: that of a master which a Sentinel named, if
 * it is the master still. If not, *is_open: there is another to ask. */
static int is_taken(int *is_open, lookup_t *lookup)
{
    const shs_passage_t *passage = &lookup->passage;
    shs_conn_status_t status = SHS_CONN_OK;

    if (shs_node_role(passage->route.node) == SHS_NODE_MASTER) {
        status = shs_topology_confirm(
            lookup->client->topology, passage->subject,
            lookup->attempt.is_new_conn, lookup->query->deadline);
    }
    if (status == SHS_CONN_OK) {
        leave(lookup, SHS_BREAKER_OK);
        return 1;
    }
    leave(lookup, SHS_BREAKER_UNKNOWN);
    if (status == SHS_CONN_TIMEOUT) {
        *is_open = fail(lookup, SHS_COUNTER_TIMEOUTS,
                        "no Sentinel confirmed the master by the deadline");
    }
    else {
        *is_open = ++lookup->renewals <= MOST_RENEWALS
                       ? find(lookup)
                       : fail(lookup, SHS_COUNTER_NOT_READY,
                              "the Sentinels name one master after the other");
    }
    return 0;
}

/* A member may know that another one owns the slot, and not its name
 * ("?:6379"): others may. */
static int follow_blindly(lookup_t *lookup)
{
    if (shs_topology_renew(lookup->client->topology, lookup->passage.opened_at,
                           lookup->query->deadline)) {
        leave(lookup, SHS_BREAKER_UNKNOWN);
        return find(lookup);
    }
    fail(lookup, SHS_COUNTER_OTHER_ERRORS,
         "the cluster's redirection names no server");
    leave(lookup, SHS_BREAKER_FAILED);
    return 0;
}

/* Goes where the server points. */
static int follow(lookup_t *lookup)
{
    shs_redirect_t redirect;
    int is_cluster = lookup->client->endpoint->mode == SHS_ENDPOINT_CLUSTER;
    int is_parsed = is_cluster
                    && shs_redirect_parse(
                        &redirect, lookup->attempt.got.error,
                        shs_node_server(lookup->passage.route.node), lookup->p)
                    && redirect.slot == lookup->passage.slot;

    count(lookup, SHS_COUNTER_REDIRECTIONS);
    if (!is_cluster || ++lookup->redirections > MOST_REDIRECTIONS) {
        fail(lookup, SHS_COUNTER_OTHER_ERRORS,
             is_cluster ? "the cluster's members redirect in a circle"
                        : lookup->verdict.reason);
        leave(lookup, SHS_BREAKER_FAILED);
        return 0;
    }
    if (!is_parsed) {
        return follow_blindly(lookup);
    }
    leave(lookup, SHS_BREAKER_UNKNOWN);
    lookup->is_asking = redirect.is_ask;
    lookup->is_replica = 0;
    return shs_passage_follow(&lookup->passage, &redirect.server,
                              !redirect.is_ask)
           || fail(lookup, lookup->passage.cause, lookup->passage.reason);
}

/* Asks again after a moment, if there is time for one: the same server, unless
 * another one has taken its place. Who probes goes on being who does. */
static int wait_a_moment(lookup_t *lookup)
{
    const shs_client_t *client = lookup->client;
    apr_interval_time_t left = lookup->query->deadline - shs_clock_now();
    apr_interval_time_t pause = lookup->pause;

    if (left < 2 * LEAST_TIME) {
        leave(lookup, SHS_BREAKER_FAILED);
        return 0;
    }
    if (pause > left - LEAST_TIME) {
        pause = left - LEAST_TIME;
    }
    shs_topology_suspect(client->topology);
    poll(NULL, 0, (int)(pause / 1000));
    lookup->pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
    if (lookup->is_asking || lookup->is_replica
        || shs_topology_is_current(client->topology, &lookup->passage.route,
                                   lookup->passage.slot)) {
        return 1;
    }
    leave(lookup, SHS_BREAKER_UNKNOWN);
    return find(lookup);
}

/* Finds out anew who serves the key. Another one may be asked; the same one
 * has just failed. */
static int renew(lookup_t *lookup)
{
    shs_verdict_t verdict = lookup->verdict;
    apr_uint32_t failed = lookup->passage.subject;
    apr_time_t deadline = lookup->query->deadline;

    leave(lookup, SHS_BREAKER_FAILED);
    if (lookup->client->endpoint->reads_replicas) {
        /* Half of the time is for them. */
        deadline -= (deadline - shs_clock_now()) / 2;
    }
    if (lookup->is_replica || ++lookup->renewals > MOST_RENEWALS
        || !shs_topology_renew(lookup->client->topology,
                               lookup->passage.opened_at, deadline)) {
        return 0;
    }
    if (find(lookup)) {
        if (lookup->passage.subject != failed) {
            return 1;
        }
        leave(lookup, SHS_BREAKER_UNKNOWN);
    }
    lookup->verdict = verdict;
    return 0;
}

/* The master gave no answer: a replica may have one. */
static int find_replica(lookup_t *lookup)
{
    int nth;

    if (!lookup->client->endpoint->reads_replicas
        || shs_clock_now() >= lookup->query->deadline) {
        return 0;
    }
    nth = shs_passage_open_replica(&lookup->passage, lookup->replicas);
    lookup->replicas = nth + 1;
    lookup->is_replica = nth >= 0;
    lookup->is_asking = 0;
    return lookup->is_replica;
}

static int ask_again(lookup_t *lookup)
{
    --lookup->retries;
    count(lookup, SHS_COUNTER_RETRIES);
    return 1;
}

/* To the circuit breaker: who refuses us in a complete answer is there. */
static shs_breaker_verdict_t judge(const shs_verdict_t *verdict)
{
    if (!verdict->is_server_fine) {
        return SHS_BREAKER_FAILED;
    }
    return verdict->is_refusal ? SHS_BREAKER_OK : SHS_BREAKER_UNKNOWN;
}

/* Puts the question until it is answered, or nobody is left to ask. */
static void converse(lookup_t *lookup)
{
    int is_open = find(lookup);

    while (is_open || find_replica(lookup)) {
        put(lookup);
        switch (lookup->verdict.next) {
        case SHS_VERDICT_TAKE:
            if (is_taken(&is_open, lookup)) {
                return;
            }
            break;
        case SHS_VERDICT_AGAIN:
            is_open = ask_again(lookup);
            break;
        case SHS_VERDICT_FOLLOW:
            is_open = follow(lookup);
            break;
        case SHS_VERDICT_WAIT:
            is_open = wait_a_moment(lookup);
            break;
        case SHS_VERDICT_RENEW:
            is_open = renew(lookup);
            break;
        case SHS_VERDICT_FAIL:
            leave(lookup, judge(&lookup->verdict));
            is_open = 0;
            break;
        }
    }
}

static shs_outcome_t read_taken(shs_answer_t *answer, const lookup_t *lookup)
{
    shs_outcome_t outcome;

    if (lookup->attempt.status == SHS_CONN_TOO_LARGE) {
        answer->reason = "it is larger than SharedSessionMaxSize, or has more"
                         " than 4096 fields";
        return SHS_OUTCOME_MALFORMED;
    }
    outcome = shs_answer_read(answer, lookup->attempt.got.replies,
                              lookup->query->shape, lookup->p);
    if (!lookup->is_replica) {
        return outcome;
    }
    count(lookup, SHS_COUNTER_REPLICA_READS);
    if (outcome == SHS_OUTCOME_ABSENT) {
        /* The replica may not have heard of it yet. */
        answer->reason = "the master gives no answer, and its replica knows"
                         " no such session";
        outcome = SHS_OUTCOME_UNAVAILABLE;
        count(lookup, SHS_COUNTER_UNAVAILABLE);
    }
    return outcome;
}

static shs_outcome_t read_failure(shs_answer_t *answer, const lookup_t *lookup)
{
    const shs_verdict_t *verdict = &lookup->verdict;

    count(lookup, SHS_COUNTER_UNAVAILABLE);
    count(lookup, verdict->cause);
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

/* A refusal has its own line, and is not told as an outage too. One that ends
 * an outage tells of that, and the next one of itself. */
static void read_transition(shs_answer_t *answer, const lookup_t *lookup)
{
    const shs_passage_t *passage = &lookup->passage;

    if (!answer->is_refusal || passage->transition == SHS_TRANSITION_UP) {
        answer->transition = passage->transition;
        answer->transition_reason = passage->transition_reason;
    }
    else if (is_news(lookup->client->shared, shs_clock_now())) {
        answer->transition = SHS_TRANSITION_REFUSED;
        answer->transition_reason = answer->reason;
    }
}

shs_outcome_t shs_exchange_run(shs_answer_t *answer, const shs_client_t *client,
                               const shs_query_t *query, apr_pool_t *p)
{
    shs_outcome_t outcome;
    lookup_t lookup;

    memset(&lookup, 0, sizeof(lookup));
    lookup.client = client;
    lookup.query = query;
    lookup.p = p;
    lookup.retries = client->endpoint->retries;
    lookup.pause = FIRST_PAUSE;
    lookup.passage.client = client;
    lookup.passage.deadline = query->deadline;
    lookup.passage.p = p;
    if (client->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
        lookup.passage.slot = shs_slot_of_key(query->key);
    }
    converse(&lookup);
    outcome = lookup.verdict.next == SHS_VERDICT_TAKE
                  ? read_taken(answer, &lookup)
                  : read_failure(answer, &lookup);
    read_transition(answer, &lookup);
    return outcome;
}
