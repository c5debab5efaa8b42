/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/question.h"

#include <string.h>

#include "redis/answer.h"
#include "redis/script.h"
#include "redis/sentinel_reply.h"
#include "session/octets.h"

#define MAX_REPLIES 4

/* A master's ROLE names each of its replicas. */
#define ROLE_OCTETS   8192
#define ROLE_ELEMENTS 128

static void append(shs_octets_t *commands, const char *name,
                   const shs_octets_t *key, apr_pool_t *p)
{
    shs_octets_t arguments[2];

    arguments[0] = shs_octets_of(name);
    if (key) {
        arguments[1] = *key;
    }
    shs_resp_append(commands, arguments, key ? 2 : 1, p);
}

static shs_octets_t build_read(const shs_query_t *query,
                               shs_question_form_t form, apr_pool_t *p)
{
    shs_octets_t commands = { "", 0 };

    if (form == SHS_QUESTION_ASKING) {
        append(&commands, "ASKING", NULL, p);
    }
    append(&commands, query->shape == SHS_SHAPE_STRING ? "GET" : "HGETALL",
           &query->key, p);
    if (form == SHS_QUESTION_ASKING) {
        append(&commands, "ASKING", NULL, p);
    }
    append(&commands, "PTTL", &query->key, p);
    return commands;
}

static shs_octets_t build_write(const shs_write_t *write,
                                shs_question_form_t form, apr_pool_t *p)
{
    shs_octets_t commands = { "", 0 };
    shs_octets_t script = shs_script_build(write, p);
    char *both;

    if (form != SHS_QUESTION_ASKING) {
        return script;
    }
    append(&commands, "ASKING", NULL, p);
    both = apr_palloc(p, commands.len + script.len);
    memcpy(both, commands.data, commands.len);
    memcpy(both + commands.len, script.data, script.len);
    commands.data = both;
    commands.len += script.len;
    return commands;
}

void shs_question_build(shs_question_t *question, const shs_query_t *query,
                        const shs_write_t *write, shs_question_form_t form,
                        apr_pool_t *p)
{
    shs_octets_t commands =
        write ? build_write(write, form, p) : build_read(query, form, p);

    if (form == SHS_QUESTION_ROLE) {
        append(&commands, "ROLE", NULL, p);
    }
    question->query = query;
    question->write = write;
    question->form = form;
    question->commands = commands;
}

static apr_size_t larger(apr_size_t a, apr_size_t b)
{
    return a > b ? a : b;
}

static shs_resp_limits_t limits_of(const shs_question_t *question)
{
    shs_resp_limits_t limits = { question->query->max_octets,
                                 question->query->shape == SHS_SHAPE_FIELDS
                                     ? 2 * SHS_STORE_MAX_FIELDS
                                     : 0 };

    if (question->form == SHS_QUESTION_ROLE) {
        limits.octets = larger(limits.octets, ROLE_OCTETS);
        limits.elements = larger(limits.elements, ROLE_ELEMENTS);
    }
    return limits;
}

/* The limits of a reply are those of the largest that may come; where ROLE may
 * be larger than the session, the session's own is checked here. */
static int is_too_large(const shs_reply_t *value, apr_size_t max_octets)
{
    apr_size_t octets = value->text.len;
    apr_size_t i;

    if (value->kind == SHS_REPLY_ERROR) {
        return 0;
    }
    for (i = 0; value->kind == SHS_REPLY_ARRAY && i < value->count; ++i) {
        octets += value->elements[i]->text.len;
    }
    return octets > max_octets;
}

static shs_reply_t *first_error(shs_reply_t *const *replies, int count)
{
    int i;

    for (i = 0; i < count; ++i) {
        if (replies[i] && replies[i]->kind == SHS_REPLY_ERROR) {
            return replies[i];
        }
    }
    return NULL;
}

static int is_of_kind(const shs_reply_t *reply, shs_reply_kind_t kind)
{
    return reply->kind == kind || reply->kind == SHS_REPLY_ERROR;
}

/* How many replies the question has, and which of them are the value (or the
 * script's) and PTTL, -1: none. */
typedef struct layout_t {
    int count;
    int value;
    int ttl;
    int role;
} layout_t;

static layout_t layout_of(const shs_question_t *question)
{
    layout_t layout = { 0, 0, -1, -1 };

    if (question->form == SHS_QUESTION_ASKING) {
        ++layout.count;
    }
    layout.value = layout.count++;
    if (!question->write) {
        layout.count += question->form == SHS_QUESTION_ASKING;
        layout.ttl = layout.count++;
    }
    if (question->form == SHS_QUESTION_ROLE) {
        layout.role = layout.count++;
    }
    return layout;
}

static int is_expected(shs_reply_t *const *replies, const layout_t *layout,
                       const shs_question_t *question,
                       const shs_question_answer_t *answer)
{
    int i;

    for (i = 0; i < layout->count; ++i) {
        shs_reply_kind_t kind =
            i == layout->role ? SHS_REPLY_ARRAY : SHS_REPLY_STATUS;

        if (i != layout->value && i != layout->ttl
            && !is_of_kind(replies[i], kind)) {
            return 0;
        }
    }
    return question->write ? shs_script_is_expected(answer->replies[0])
                           : shs_answer_is_expected(answer->replies,
                                                    question->query->shape);
}

/* Who is no master, or does not say, is believed in nothing else either. */
static void read_role(shs_question_answer_t *answer, shs_reply_t *role)
{
    if (role->kind == SHS_REPLY_ERROR) {
        answer->error = role;
    }
    else {
        answer->is_demoted = !shs_sentinel_reply_is_master(role);
    }
}

static shs_conn_status_t fail(const char **reason)
{
    *reason = "its answer is of a kind that was not asked for";
    return SHS_CONN_FAILED;
}

shs_conn_status_t shs_question_ask(shs_question_answer_t *answer,
                                   const shs_question_t *question,
                                   shs_conn_t *conn, const char **reason,
                                   apr_pool_t *p)
{
    const shs_query_t *query = question->query;
    layout_t layout = layout_of(question);
    shs_reply_t *replies[MAX_REPLIES];
    shs_conn_status_t status;

    memset(answer, 0, sizeof(*answer));
    status = shs_conn_ask(replies, layout.count, conn, question->commands,
                          limits_of(question), query->deadline, reason, p);
    answer->error = first_error(replies, layout.count);
    if (status != SHS_CONN_OK) {
        /* A script gives nothing that could be large. */
        return status == SHS_CONN_TOO_LARGE && question->write ? fail(reason)
                                                               : status;
    }
    answer->replies[0] = replies[layout.value];
    answer->replies[1] = layout.ttl >= 0 ? replies[layout.ttl] : NULL;
    if (!is_expected(replies, &layout, question, answer)) {
        return fail(reason);
    }
    if (layout.role >= 0) {
        read_role(answer, replies[layout.role]);
    }
    return !answer->is_demoted
                   && is_too_large(answer->replies[0], query->max_octets)
               ? SHS_CONN_TOO_LARGE
               : SHS_CONN_OK;
}
