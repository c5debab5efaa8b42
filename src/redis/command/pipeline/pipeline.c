/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/pipeline.h"

#include <string.h>

#include "redis/protocol/reply.h"
#include "redis/command/pipeline/script.h"
#include "redis/command/pipeline/size.h"
#include "redis/protocol/sentinel_reply.h"
#include "base/octets.h"

#define MAX_REPLIES 5

/* A master's ROLE names each of its replicas. */
#define ROLE_OCTETS   8192
#define ROLE_ELEMENTS 128

static int has_role(const shs_pipeline_t *pipeline)
{
    return pipeline->form == SHS_PIPELINE_ROLE
           || pipeline->form == SHS_PIPELINE_INFO;
}

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

void shs_pipeline_append_role(shs_octets_t *commands, shs_pipeline_form_t form,
                              apr_pool_t *p)
{
    static const shs_octets_t replication = { "replication", 11 };

    if (form == SHS_PIPELINE_ROLE) {
        append(commands, "ROLE", NULL, p);
    }
    else if (form == SHS_PIPELINE_INFO) {
        append(commands, "INFO", &replication, p);
    }
}

static shs_octets_t build_read(const shs_query_t *query,
                               shs_pipeline_form_t form, apr_pool_t *p)
{
    shs_octets_t commands = { "", 0 };

    if (form == SHS_PIPELINE_ASKING) {
        append(&commands, "ASKING", NULL, p);
    }
    append(&commands, query->shape == SHS_SHAPE_STRING ? "GET" : "HGETALL",
           &query->key, p);
    if (query->without_ttl) {
        return commands;
    }
    if (form == SHS_PIPELINE_ASKING) {
        append(&commands, "ASKING", NULL, p);
    }
    append(&commands, "PTTL", &query->key, p);
    return commands;
}

static shs_octets_t build_write(const shs_write_t *write,
                                shs_pipeline_form_t form, apr_pool_t *p)
{
    shs_octets_t commands = { "", 0 };
    shs_octets_t script = shs_script_build(write, p);
    char *both;

    if (form != SHS_PIPELINE_ASKING) {
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

void shs_pipeline_build(shs_pipeline_t *pipeline, const shs_query_t *query,
                        const shs_write_t *write, shs_pipeline_form_t form,
                        apr_pool_t *p)
{
    shs_octets_t commands =
        write ? build_write(write, form, p) : build_read(query, form, p);

    shs_pipeline_append_role(&commands, form, p);
    pipeline->query = query;
    pipeline->write = write;
    pipeline->is_size = 0;
    pipeline->form = form;
    pipeline->commands = commands;
}

void shs_pipeline_build_size(shs_pipeline_t *pipeline, const shs_query_t *query,
                             shs_pipeline_form_t form, apr_pool_t *p)
{
    shs_octets_t commands = { "", 0 };
    int is_asking = form == SHS_PIPELINE_ASKING;

    memset(pipeline, 0, sizeof(*pipeline));
    if (is_asking) {
        append(&commands, "ASKING", NULL, p);
    }
    shs_size_append(&commands, query, p);
    if (query->shape == SHS_SHAPE_FIELDS) {
        if (is_asking) {
            append(&commands, "ASKING", NULL, p);
        }
        shs_size_append_memory(&commands, query, p);
    }
    shs_pipeline_append_role(&commands, form, p);
    pipeline->query = query;
    pipeline->is_size = 1;
    pipeline->form = form;
    pipeline->commands = commands;
}

void shs_pipeline_build_load(shs_pipeline_t *pipeline, const shs_query_t *query,
                             shs_pipeline_form_t form, apr_pool_t *p)
{
    memset(pipeline, 0, sizeof(*pipeline));
    pipeline->query = query;
    pipeline->form = form;
    pipeline->commands = build_read(query, SHS_PIPELINE_PLAIN, p);
}

const char *shs_pipeline_load_types(const shs_pipeline_t *pipeline)
{
    if (pipeline->query->shape == SHS_SHAPE_STRING) {
        return pipeline->query->without_ttl ? "$" : "$:";
    }
    return pipeline->query->without_ttl ? "*" : "*:";
}

shs_resp_limits_t shs_pipeline_role_limits(void)
{
    shs_resp_limits_t limits = { ROLE_OCTETS, ROLE_ELEMENTS };

    return limits;
}

static apr_size_t larger(apr_size_t a, apr_size_t b)
{
    return a > b ? a : b;
}

shs_resp_limits_t shs_pipeline_limits(const shs_pipeline_t *pipeline)
{
    shs_resp_limits_t limits = { pipeline->query->max_octets,
                                 pipeline->query->shape == SHS_SHAPE_FIELDS
                                     ? 2 * SHS_STORE_MAX_FIELDS
                                     : 0 };

    if (has_role(pipeline)) {
        limits.octets = larger(limits.octets, ROLE_OCTETS);
        limits.elements = larger(limits.elements, ROLE_ELEMENTS);
    }
    return limits;
}

/* The octets of a value: of a text, or of the texts of an array. */
static apr_size_t count_octets(const shs_reply_t *value)
{
    apr_size_t octets = value->kind == SHS_REPLY_ERROR ? 0 : value->text.len;
    apr_size_t i;

    for (i = 0; value->kind == SHS_REPLY_ARRAY && i < value->count; ++i) {
        octets += value->elements[i]->text.len;
    }
    return octets;
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

/* How many replies the pipeline has, and which of them are the value (or its
 * size, or the script's reply), PTTL (or MEMORY USAGE) and ROLE; -1: none. */
typedef struct layout_t {
    int count;
    int value;
    int second;
    int role;
} layout_t;

static int has_second(const shs_pipeline_t *pipeline)
{
    if (pipeline->is_size) {
        return pipeline->query->shape == SHS_SHAPE_FIELDS;
    }
    return !pipeline->write && !pipeline->query->without_ttl;
}

static layout_t layout_of(const shs_pipeline_t *pipeline)
{
    layout_t layout = { 0, 0, -1, -1 };

    if (pipeline->form == SHS_PIPELINE_ASKING) {
        ++layout.count;
    }
    layout.value = layout.count++;
    if (has_second(pipeline)) {
        layout.count += pipeline->form == SHS_PIPELINE_ASKING;
        layout.second = layout.count++;
    }
    if (has_role(pipeline)) {
        layout.role = layout.count++;
    }
    return layout;
}

/* The kind of a reply to ASKING or ROLE. */
static shs_reply_kind_t kind_of(const shs_pipeline_t *pipeline, int is_role)
{
    if (!is_role) {
        return SHS_REPLY_STATUS;
    }
    return pipeline->form == SHS_PIPELINE_ROLE ? SHS_REPLY_ARRAY
                                               : SHS_REPLY_STRING;
}

static int is_expected(shs_reply_t *const *replies, const layout_t *layout,
                       const shs_pipeline_t *pipeline,
                       const shs_pipeline_reply_t *reply)
{
    int i;

    for (i = 0; i < layout->count; ++i) {
        if (i != layout->value && i != layout->second
            && !is_of_kind(replies[i], kind_of(pipeline, i == layout->role))) {
            return 0;
        }
    }
    if (pipeline->is_size) {
        return shs_size_is_expected(reply->replies[0], reply->replies[1]);
    }
    return pipeline->write
               ? shs_script_is_expected(reply->replies[0])
               : shs_reply_is_expected(reply->replies, pipeline->query->shape);
}

/* If the server is no master, or does not say, none of its replies counts. */
static void read_role(shs_pipeline_reply_t *reply, shs_reply_t *role)
{
    if (role->kind == SHS_REPLY_ERROR) {
        reply->error = role;
        reply->lacks_role = shs_reply_is_unsupported(role);
    }
    else {
        reply->is_demoted = !shs_sentinel_reply_is_master(role);
    }
}

/* An error of MEMORY USAGE says nothing. */
static void read_size(shs_pipeline_reply_t *reply, const shs_query_t *query)
{
    shs_reply_t *size = reply->replies[0];

    reply->error =
        size->kind == SHS_REPLY_ERROR && !shs_reply_is_unsupported(size) ? size
                                                                         : NULL;
    reply->is_too_large = shs_size_is_too_large(size, reply->replies[1], query);
}

static shs_conn_status_t fail(const char **reason)
{
    *reason = "its reply does not fit the command";
    return SHS_CONN_FAILED;
}

/* What the replies say, which have all come. */
static shs_conn_status_t read_replies(shs_pipeline_reply_t *reply,
                                      const shs_pipeline_t *pipeline,
                                      const layout_t *layout,
                                      shs_reply_t *const *replies,
                                      const char **reason)
{
    const shs_query_t *query = pipeline->query;

    reply->error = first_error(replies, layout->count);
    reply->replies[0] = replies[layout->value];
    reply->replies[1] = layout->second >= 0 ? replies[layout->second] : NULL;
    if (!is_expected(replies, layout, pipeline, reply)) {
        return fail(reason);
    }
    if (pipeline->is_size) {
        read_size(reply, query);
    }
    if (layout->role >= 0) {
        read_role(reply, replies[layout->role]);
    }
    /* The parser's limits are those of the largest expected reply. A ROLE reply
     * may be larger than the session may be, so the session's own limit is
     * checked here. */
    reply->octets = pipeline->is_size ? 0 : count_octets(reply->replies[0]);
    return !reply->is_demoted && reply->octets > query->max_octets
               ? SHS_CONN_TOO_LARGE
               : SHS_CONN_OK;
}

shs_conn_status_t shs_pipeline_execute(shs_pipeline_reply_t *reply,
                                       const shs_pipeline_t *pipeline,
                                       shs_conn_t *conn, const char **reason,
                                       apr_pool_t *p)
{
    layout_t layout = layout_of(pipeline);
    shs_reply_t *replies[MAX_REPLIES];
    shs_conn_status_t status;

    memset(reply, 0, sizeof(*reply));
    status = shs_conn_execute(replies, layout.count, conn, pipeline->commands,
                              shs_pipeline_limits(pipeline),
                              pipeline->query->deadline, reason, p);
    if (status != SHS_CONN_OK) {
        reply->error = first_error(replies, layout.count);
        /* A script's reply is never large. */
        return status == SHS_CONN_TOO_LARGE && pipeline->write ? fail(reason)
                                                               : status;
    }
    return read_replies(reply, pipeline, &layout, replies, reason);
}

shs_conn_status_t shs_pipeline_read(shs_pipeline_reply_t *reply,
                                    const shs_pipeline_t *pipeline,
                                    shs_octets_t octets, shs_resp_t *parser,
                                    const char **reason, apr_pool_t *p)
{
    layout_t layout = layout_of(pipeline);
    shs_reply_t *replies[MAX_REPLIES];
    int i;

    memset(reply, 0, sizeof(*reply));
    shs_resp_begin(parser, shs_pipeline_limits(pipeline), p);
    if (shs_resp_feed(parser, octets.data, octets.len) != SHS_RESP_MORE) {
        return fail(reason);
    }
    for (i = 0; i < layout.count; ++i) {
        if (shs_resp_next(&replies[i], parser) != SHS_RESP_REPLY) {
            return fail(reason);
        }
    }
    return shs_resp_is_drained(parser)
               ? read_replies(reply, pipeline, &layout, replies, reason)
               : fail(reason);
}
