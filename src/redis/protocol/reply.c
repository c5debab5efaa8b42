/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/reply.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/protocol/error_text.h"

int shs_reply_has_code(const shs_reply_t *reply, const char *code)
{
    apr_size_t len = strlen(code);

    return reply->kind == SHS_REPLY_ERROR && reply->text.len > len
           && !memcmp(reply->text.data, code, len)
           && reply->text.data[len] == ' ';
}

int shs_reply_is_max_clients(const shs_reply_t *reply)
{
    return shs_reply_has_code(reply, "ERR max number of clients");
}

int shs_reply_is_unsupported(const shs_reply_t *reply)
{
    return shs_reply_has_code(reply, "NOPERM")
           || (shs_reply_has_code(reply, "ERR")
               && !shs_reply_is_max_clients(reply));
}

int shs_reply_is_not_ready(const shs_reply_t *reply)
{
    return shs_reply_has_code(reply, "LOADING")
           || shs_reply_has_code(reply, "MASTERDOWN")
           || shs_reply_has_code(reply, "CLUSTERDOWN")
           || shs_reply_has_code(reply, "TRYAGAIN");
}

const char *shs_reply_describe_error(const shs_reply_t *reply, apr_pool_t *p)
{
    if (shs_reply_is_max_clients(reply)) {
        return "it has reached its maxclients";
    }
    if (shs_reply_has_code(reply, "MOVED")
        || shs_reply_has_code(reply, "ASK")) {
        return "it redirects to another member of its Redis Cluster (MOVED)";
    }
    if (shs_reply_has_code(reply, "ERR This instance has cluster support")) {
        return "it is not a member of a Redis Cluster: write redis://";
    }
    return apr_pstrcat(p, "it replies ", shs_error_text_describe(reply, p),
                       NULL);
}

int shs_reply_is_refusal(const shs_reply_t *reply)
{
    return shs_reply_has_code(reply, "NOAUTH")
           || shs_reply_has_code(reply, "WRONGPASS")
           || shs_reply_has_code(reply, "NOPERM")
           || shs_error_text_is_acl(reply);
}

/* HGETALL: names and values. HMGET: a value or nil for each name. */
static int are_fields(const shs_reply_t *reply, const shs_query_t *query)
{
    apr_size_t i;

    for (i = 0; i < reply->count; ++i) {
        shs_reply_kind_t kind = reply->elements[i]->kind;

        if (kind != SHS_REPLY_STRING
            && (kind != SHS_REPLY_NIL || !query->names)) {
            return 0;
        }
    }
    return query->names ? reply->count == query->name_count
                        : reply->count % 2 == 0;
}

static int is_value(const shs_reply_t *reply, const shs_query_t *query)
{
    switch (reply->kind) {
    case SHS_REPLY_ERROR:
        return 1;
    case SHS_REPLY_NIL:
    case SHS_REPLY_STRING:
        return query->shape == SHS_SHAPE_STRING;
    case SHS_REPLY_ARRAY:
        return query->shape == SHS_SHAPE_FIELDS && are_fields(reply, query);
    case SHS_REPLY_STATUS:
    case SHS_REPLY_INTEGER:
        break;
    }
    return 0;
}

int shs_reply_is_expected(shs_reply_t *const replies[2],
                          const shs_query_t *query)
{
    return is_value(replies[0], query)
           && (!replies[1] || replies[1]->kind == SHS_REPLY_ERROR
               || (replies[1]->kind == SHS_REPLY_INTEGER
                   && replies[1]->integer >= -2));
}

/* WRONGTYPE is about the key, every other error about the server. */
static shs_outcome_t read_error(shs_result_t *result, const shs_reply_t *reply,
                                apr_pool_t *p)
{
    if (shs_reply_has_code(reply, "WRONGTYPE")) {
        result->reason = "the key holds another type of value than the format"
                         " reads (WRONGTYPE)";
        return SHS_OUTCOME_MALFORMED;
    }
    result->reason = shs_reply_describe_error(reply, p);
    result->is_refusal = shs_reply_is_refusal(reply);
    return SHS_OUTCOME_UNAVAILABLE;
}

static void read_fields(shs_record_t *record, const shs_reply_t *reply,
                        apr_pool_t *p)
{
    shs_record_field_t *fields;
    apr_size_t i;

    record->count = reply->count / 2;
    fields = apr_palloc(p, record->count * sizeof(*fields));
    for (i = 0; i < record->count; ++i) {
        fields[i].name = reply->elements[2 * i]->text;
        fields[i].value = reply->elements[2 * i + 1]->text;
    }
    record->fields = fields;
}

/* The fields of those names that exist. */
static void read_named(shs_record_t *record, const shs_reply_t *reply,
                       const shs_octets_t *names, apr_pool_t *p)
{
    shs_record_field_t *fields = apr_palloc(p, reply->count * sizeof(*fields));
    apr_size_t i;

    for (i = 0; i < reply->count; ++i) {
        if (reply->elements[i]->kind == SHS_REPLY_STRING) {
            fields[record->count].name = names[i];
            fields[record->count].value = reply->elements[i]->text;
            ++record->count;
        }
    }
    record->fields = fields;
}

/* PTTL: milliseconds, -1 without expiry, -2 when the key is gone. PTTL is the
 * later of the two replies, so -2 counts even if there was a value. Without it
 * the value alone tells whether there is a key, because no hash is empty. */
static shs_outcome_t read_ttl(shs_result_t *result, const shs_reply_t *reply,
                              apr_pool_t *p)
{
    if (!reply) {
        result->record.ttl = SHS_TTL_UNKNOWN;
        return SHS_OUTCOME_FOUND;
    }
    if (reply->kind == SHS_REPLY_ERROR) {
        return read_error(result, reply, p);
    }
    if (reply->integer == -2) {
        result->reason = "the key is gone";
        return SHS_OUTCOME_ABSENT;
    }
    result->record.ttl =
        reply->integer == -1 || reply->integer > APR_INT64_MAX / 1000
            ? SHS_TTL_FOREVER
            : reply->integer * 1000;
    return SHS_OUTCOME_FOUND;
}

/* The record of a value, unless there is none: returns 0. */
static int read_value(shs_record_t *record, const shs_reply_t *value,
                      const shs_query_t *query, apr_pool_t *p)
{
    record->shape = query->shape;
    if (query->shape == SHS_SHAPE_STRING) {
        record->string = value->text;
        return value->kind == SHS_REPLY_STRING;
    }
    if (query->names) {
        read_named(record, value, query->names, p);
    }
    else {
        read_fields(record, value, p);
    }
    return record->count > 0;
}

shs_outcome_t shs_reply_read(shs_result_t *result,
                             shs_reply_t *const replies[2],
                             const shs_query_t *query, apr_pool_t *p)
{
    if (replies[0]->kind == SHS_REPLY_ERROR) {
        return read_error(result, replies[0], p);
    }
    if (!read_value(&result->record, replies[0], query, p)) {
        result->reason = query->names
                             ? "there is no such key, or it has no such field"
                             : "there is no such key";
        return SHS_OUTCOME_ABSENT;
    }
    return read_ttl(result, replies[1], p);
}
