/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/pipeline.h"

#include <string.h>

#include "redis/protocol/reply.h"
#include "redis/command/pipeline/script.h"
#include "redis/command/pipeline/size.h"
#include "redis/command/pipeline/value.h"
#include "redis/protocol/sentinel_reply.h"
#include "base/octets.h"

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
    shs_value_append(&commands, query, p);
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
    apr_size_t i;

    memset(pipeline, 0, sizeof(*pipeline));
    for (i = 0; i < shs_size_count(query); ++i) {
        if (form == SHS_PIPELINE_ASKING) {
            append(&commands, "ASKING", NULL, p);
        }
        shs_size_append(&commands, i, query, p);
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
    return shs_value_types(pipeline->query);
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
    shs_resp_limits_t limits = shs_value_limits(pipeline->query);

    if (has_role(pipeline)) {
        limits.octets = larger(limits.octets, ROLE_OCTETS);
        limits.elements = larger(limits.elements, ROLE_ELEMENTS);
    }
    return limits;
}

static shs_reply_t *first_error(shs_reply_t *const *replies, apr_size_t count)
{
    apr_size_t i;

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

/* The replies of the pipeline: one to each of the commands for the key, each
 * after one to ASKING if that was sent, and then perhaps one to ROLE. */
typedef struct layout_t {
    apr_size_t commands; /* the value and PTTL, or the script, or the size */
    apr_size_t stride;
    apr_size_t count; /* of all replies */
} layout_t;

static layout_t layout_of(const shs_pipeline_t *pipeline)
{
    const shs_query_t *query = pipeline->query;
    layout_t layout;

    layout.commands = pipeline->is_size ? shs_size_count(query)
                      : pipeline->write || query->without_ttl ? 1
                                                              : 2;
    layout.stride = pipeline->form == SHS_PIPELINE_ASKING ? 2 : 1;
    layout.count =
        layout.commands * layout.stride + (has_role(pipeline) ? 1 : 0);
    return layout;
}

static shs_reply_t **make_room(const layout_t *layout, apr_pool_t *p)
{
    return apr_palloc(p, layout->count * sizeof(shs_reply_t *));
}

/* Moves the replies about the key to the front. Returns 0 if one to ASKING is
 * none that ASKING has. */
static int skip_asking(shs_reply_t **replies, const layout_t *layout)
{
    apr_size_t i;

    for (i = 0; layout->stride == 2 && i < layout->commands; ++i) {
        if (!is_of_kind(replies[2 * i], SHS_REPLY_STATUS)) {
            return 0;
        }
        replies[i] = replies[2 * i + 1];
    }
    return 1;
}

static int is_expected(const shs_pipeline_reply_t *reply,
                       const shs_pipeline_t *pipeline,
                       shs_reply_t *const *replies)
{
    if (pipeline->is_size) {
        return shs_size_is_expected(replies, pipeline->query);
    }
    return pipeline->write
               ? shs_script_is_expected(reply->replies[0])
               : shs_reply_is_expected(reply->replies, pipeline->query);
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

/* An error of the key takes the place of the value. */
static void read_size(shs_pipeline_reply_t *reply, const shs_query_t *query,
                      shs_reply_t *const *replies)
{
    reply->error = shs_size_error(replies, query);
    reply->is_too_large = shs_size_is_too_large(replies, query);
    if (reply->error) {
        reply->replies[0] = reply->error;
    }
}

static shs_reply_kind_t kind_of_role(const shs_pipeline_t *pipeline)
{
    return pipeline->form == SHS_PIPELINE_ROLE ? SHS_REPLY_ARRAY
                                               : SHS_REPLY_STRING;
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
                                      shs_reply_t **replies,
                                      const char **reason)
{
    const shs_query_t *query = pipeline->query;
    shs_reply_t *role = has_role(pipeline) ? replies[layout->count - 1] : NULL;

    reply->error = first_error(replies, layout->count);
    if (!skip_asking(replies, layout)) {
        return fail(reason);
    }
    reply->replies[0] = replies[0];
    reply->replies[1] = layout->commands > 1 ? replies[1] : NULL;
    if ((role && !is_of_kind(role, kind_of_role(pipeline)))
        || !is_expected(reply, pipeline, replies)) {
        return fail(reason);
    }
    if (pipeline->is_size) {
        read_size(reply, query, replies);
    }
    if (role) {
        read_role(reply, role);
    }
    /* The parser's limits are those of the largest expected reply. A ROLE reply
     * may be larger than the session may be, and HMGET's has no names, so the
     * session's own limit is checked here. */
    reply->octets =
        pipeline->is_size ? 0 : shs_value_octets(reply->replies[0], query);
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
    shs_reply_t **replies = make_room(&layout, p);
    shs_conn_status_t status;

    memset(reply, 0, sizeof(*reply));
    status = shs_conn_execute(replies, (int)layout.count, conn,
                              pipeline->commands, shs_pipeline_limits(pipeline),
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
    shs_reply_t **replies = make_room(&layout, p);
    apr_size_t i;

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
