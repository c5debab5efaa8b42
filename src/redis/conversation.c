/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/conversation.h"

#include <poll.h>
#include <string.h>

#include <apr_strings.h>

#include "redis/answer.h"
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

static void count(const shs_conversation_t *self, shs_counter_t counter)
{
    shs_counters_add(&self->client->shared->counters, counter);
}

static int fail(shs_conversation_t *self, shs_counter_t cause,
                const char *reason)
{
    memset(&self->verdict, 0, sizeof(self->verdict));
    self->verdict.next = SHS_VERDICT_FAIL;
    self->verdict.cause = cause;
    self->verdict.reason = reason;
    return 0;
}

static int find(shs_conversation_t *self)
{
    self->is_asking = 0;
    self->is_replica = 0;
    if (shs_passage_open(&self->passage)) {
        return 1;
    }
    fail(self, self->passage.cause, self->passage.reason);
    self->verdict.is_refusal = self->passage.cause == SHS_COUNTER_REFUSED;
    return 0;
}

static apr_uint32_t key_of(apr_uint64_t mark)
{
    return (apr_uint32_t)mark | 1;
}

/* Whether the key may be the reason of a failure: its value did not come, or
 * the time was over while another asked for it, which keeps a server that
 * answers one client at a time from all others, a new connection included. */
static int is_of_key(const shs_conversation_t *self)
{
    return self->attempt.is_of_key
           || (self->is_meanwhile && self->attempt.status == SHS_CONN_TIMEOUT);
}

/* A server that answers a write by an error, READONLY too, may well be read
 * from: the breaker is for those that give no answer. */
static void leave(shs_conversation_t *self, shs_breaker_verdict_t verdict)
{
    if (self->write && verdict == SHS_BREAKER_FAILED && self->is_error) {
        verdict = SHS_BREAKER_UNKNOWN;
    }
    self->is_doubted |=
        self->attempt.is_of_key && verdict == SHS_BREAKER_FAILED;
    shs_passage_leave(&self->passage, verdict,
                      is_of_key(self) ? key_of(self->mark) : 0,
                      self->verdict.reason);
}

/* A server that has said why it must be waited for, and then not answered in
 * what little time was left, has said more than that its time was over. */
static void put(shs_conversation_t *self)
{
    shs_verdict_t before = self->verdict;
    shs_attempt_how_t how = { self->is_asking, self->must_size,
                              self->retries > 0 };
    apr_time_t begun = self->waits_for ? shs_clock_now() : 0;

    shs_attempt_make(&self->attempt, &self->passage, self->query, self->write,
                     how, self->p);
    self->took = begun ? shs_clock_now() - begun : 0;
    self->verdict = self->attempt.verdict;
    self->is_error =
        self->attempt.status == SHS_CONN_OK && self->attempt.got.error;
    if (before.next == SHS_VERDICT_WAIT
        && self->waits_for == self->passage.subject
        && self->attempt.status == SHS_CONN_TIMEOUT) {
        self->verdict.cause = before.cause;
        self->verdict.reason = before.reason;
        self->is_error = 1;
    }
}

/* Whether it was only the size that was asked for, and now the value may be, on
 * the same passage. */
static int is_of_fitting_size(shs_conversation_t *self)
{
    const shs_question_answer_t *got = &self->attempt.got;

    if (!self->must_size || got->is_too_large || got->error) {
        return 0;
    }
    self->must_size = 0;
    return 1;
}

/* Whether the answer may be taken: that of a master which a Sentinel named, if
 * it is the master still. If not, *is_open: there is another to ask. */
static int is_taken(int *is_open, shs_conversation_t *self)
{
    const shs_passage_t *passage = &self->passage;
    shs_conn_status_t status = SHS_CONN_OK;

    if (shs_node_role(passage->route.node) == SHS_NODE_MASTER) {
        status = shs_topology_confirm(self->client->topology, passage->subject,
                                      self->attempt.is_new_conn,
                                      self->query->deadline);
    }
    if (status == SHS_CONN_OK) {
        leave(self, SHS_BREAKER_OK);
        return 1;
    }
    leave(self, SHS_BREAKER_UNKNOWN);
    if (status == SHS_CONN_TIMEOUT) {
        *is_open = fail(self, SHS_COUNTER_TIMEOUTS,
                        "no Sentinel confirmed the master by the deadline");
    }
    else {
        *is_open = ++self->renewals <= MOST_RENEWALS
                       ? find(self)
                       : fail(self, SHS_COUNTER_NOT_READY,
                              "the Sentinels name one master after the other");
    }
    return 0;
}

/* A member may know that another one owns the slot, and not its name
 * ("?:6379"): others may. */
static int follow_blindly(shs_conversation_t *self)
{
    if (shs_topology_renew(self->client->topology, self->passage.opened_at,
                           self->query->deadline)) {
        leave(self, SHS_BREAKER_UNKNOWN);
        return find(self);
    }
    fail(self, SHS_COUNTER_OTHER_ERRORS,
         "the cluster's redirection names no server");
    leave(self, SHS_BREAKER_UNKNOWN);
    return 0;
}

/* Goes where the server points. Where that leads nowhere, every member has
 * given an answer, and the slot of this key alone is concerned: a slot whose
 * move was half undone leads in a circle, and a client that makes up ids of it
 * opens no circuit breaker. */
static int follow(shs_conversation_t *self)
{
    shs_redirect_t redirect;
    int is_cluster = self->client->endpoint->mode == SHS_ENDPOINT_CLUSTER;
    int is_parsed = is_cluster
                    && shs_redirect_parse(
                        &redirect, self->attempt.got.error,
                        shs_node_server(self->passage.route.node), self->p)
                    && redirect.slot == self->passage.slot;

    count(self, SHS_COUNTER_REDIRECTIONS);
    if (!is_cluster || ++self->redirections > MOST_REDIRECTIONS) {
        fail(self, SHS_COUNTER_OTHER_ERRORS,
             is_cluster ? "the cluster's members redirect in a circle"
                        : "it is a member of a Redis Cluster: write"
                          " redis+cluster://");
        leave(self, is_cluster ? SHS_BREAKER_UNKNOWN : SHS_BREAKER_FAILED);
        return 0;
    }
    if (!is_parsed) {
        return follow_blindly(self);
    }
    leave(self, SHS_BREAKER_UNKNOWN);
    self->is_asking = redirect.is_ask;
    self->is_replica = 0;
    return shs_passage_follow(&self->passage, &redirect.server,
                              !redirect.is_ask)
           || fail(self, self->passage.cause, self->passage.reason);
}

/* What must be left for the next question, which costs its connection if it is
 * not answered in time: twice what the last one after a pause took. */
static apr_interval_time_t least_time(const shs_conversation_t *self)
{
    return 2 * self->took > LEAST_TIME ? 2 * self->took : LEAST_TIME;
}

/* Asks again after a moment, if there is time for one: the same server, unless
 * another one has taken its place. Who probes goes on being who does. */
static int wait_a_moment(shs_conversation_t *self)
{
    const shs_client_t *client = self->client;
    apr_interval_time_t left = self->query->deadline - shs_clock_now();
    apr_interval_time_t least = least_time(self);
    apr_interval_time_t pause = self->pause;

    if (left < LEAST_TIME + least) {
        leave(self, SHS_BREAKER_FAILED);
        return 0;
    }
    if (pause > left - least) {
        pause = left - least;
    }
    self->waits_for = self->passage.subject;
    shs_topology_suspect(client->topology);
    poll(NULL, 0, (int)(pause / 1000));
    self->pause = 2 * pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
    if (self->is_asking || self->is_replica
        || shs_topology_is_current(client->topology, &self->passage.route,
                                   self->passage.slot)) {
        return 1;
    }
    leave(self, SHS_BREAKER_UNKNOWN);
    return find(self);
}

/* Where another server may have taken the place of the one that failed, and
 * those who should tell are not believed, that is the reason to mend. */
static void add_doubt(shs_conversation_t *self)
{
    const char *doubt =
        shs_epoch_explain(&self->client->shared->master.epoch, NULL);

    if (doubt && self->verdict.reason && !self->is_replica) {
        self->verdict.reason =
            apr_pstrcat(self->p, self->verdict.reason, "; ", doubt, NULL);
    }
}

/* Finds out anew who serves the key. Another one may be asked; the same one
 * has just failed. */
static int renew(shs_conversation_t *self)
{
    apr_uint32_t failed = self->passage.subject;
    apr_time_t deadline = self->query->deadline;
    shs_verdict_t verdict;

    add_doubt(self);
    verdict = self->verdict;
    leave(self, SHS_BREAKER_FAILED);
    if (self->client->endpoint->reads_replicas && !self->write) {
        /* Half of the time is for them. */
        deadline -= (deadline - shs_clock_now()) / 2;
    }
    if (self->is_replica || ++self->renewals > MOST_RENEWALS
        || !shs_topology_renew(self->client->topology, self->passage.opened_at,
                               deadline)) {
        return 0;
    }
    if (find(self)) {
        if (self->passage.subject != failed) {
            return 1;
        }
        leave(self, SHS_BREAKER_UNKNOWN);
    }
    self->verdict = verdict;
    return 0;
}

/* The master gave no answer: a replica may have one. */
static int find_replica(shs_conversation_t *self)
{
    int nth;

    if (!self->client->endpoint->reads_replicas || self->write
        || shs_clock_now() >= self->query->deadline) {
        return 0;
    }
    nth = shs_passage_open_replica(&self->passage, self->replicas);
    self->replicas = nth + 1;
    self->is_replica = nth >= 0;
    self->is_asking = 0;
    return self->is_replica;
}

static int ask_again(shs_conversation_t *self)
{
    --self->retries;
    count(self, SHS_COUNTER_RETRIES);
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
static void converse(shs_conversation_t *self)
{
    int is_open = find(self);

    while (is_open || find_replica(self)) {
        put(self);
        switch (self->verdict.next) {
        case SHS_VERDICT_TAKE:
            if (is_of_fitting_size(self)) {
                is_open = 1;
                break;
            }
            if (is_taken(&is_open, self)) {
                return;
            }
            break;
        case SHS_VERDICT_AGAIN:
            is_open = ask_again(self);
            break;
        case SHS_VERDICT_FOLLOW:
            is_open = follow(self);
            break;
        case SHS_VERDICT_WAIT:
            is_open = wait_a_moment(self);
            break;
        case SHS_VERDICT_RENEW:
            is_open = renew(self);
            break;
        case SHS_VERDICT_FAIL:
            leave(self, judge(&self->verdict));
            is_open = 0;
            break;
        }
    }
}

/* What was learnt of the key. */
static shs_heavy_end_t weigh_key(const shs_conversation_t *self)
{
    const shs_attempt_t *attempt = &self->attempt;

    if (self->is_doubted || attempt->status == SHS_CONN_TOO_LARGE
        || attempt->got.is_too_large) {
        return SHS_HEAVY_HEAVY;
    }
    return self->verdict.next == SHS_VERDICT_TAKE ? SHS_HEAVY_LIGHT
                                                  : SHS_HEAVY_UNKNOWN;
}

static void read_value(shs_conversation_t *self)
{
    shs_heavy_t *heavy = &self->client->shared->heavy;
    shs_heavy_begin_t begin;
    apr_uint64_t ticket;

    self->mark = shs_heavy_mark(self->query->key, self->client->secret);
    begin = shs_heavy_begin(&ticket, heavy, self->mark, self->query->deadline,
                            shs_clock_now());
    self->must_size = begin != SHS_HEAVY_VALUE;
    self->is_meanwhile = begin == SHS_HEAVY_SIZE_MEANWHILE;
    converse(self);
    shs_heavy_end(heavy, self->mark, ticket, weigh_key(self));
}

void shs_conversation_hold(shs_conversation_t *self, const shs_client_t *client,
                           const shs_query_t *query, const shs_write_t *write,
                           apr_pool_t *p)
{
    memset(self, 0, sizeof(*self));
    self->client = client;
    self->query = query;
    self->write = write;
    self->p = p;
    self->retries = client->endpoint->retries;
    self->pause = FIRST_PAUSE;
    self->passage.client = client;
    self->passage.deadline = query->deadline;
    self->passage.p = p;
    if (client->endpoint->mode == SHS_ENDPOINT_CLUSTER) {
        self->passage.slot = shs_slot_of_key(query->key);
    }
    if (write) {
        converse(self);
    }
    else {
        read_value(self);
    }
}
