/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/sentinel_reply.h"

#include <string.h>

#include "redis/protocol/address.h"
#include "base/octets.h"

static int read_server(shs_address_t *out, const shs_reply_t *host,
                       const shs_reply_t *port, apr_pool_t *p)
{
    return host && port && host->kind == SHS_REPLY_STRING
           && port->kind == SHS_REPLY_STRING
           && shs_address_parse(out, host->text,
                                shs_address_parse_number(port->text, 65535),
                                NULL, p);
}

/* The value of the first field with that name; NULL if there is none. */
static const shs_reply_t *find_value(const shs_reply_t *fields,
                                     const char *name)
{
    apr_size_t i;

    if (fields->kind != SHS_REPLY_ARRAY) {
        return NULL;
    }
    for (i = 0; i + 1 < fields->count; i += 2) {
        if (fields->elements[i]->kind == SHS_REPLY_STRING
            && shs_octets_are_text(fields->elements[i]->text, name)) {
            return fields->elements[i + 1];
        }
    }
    return NULL;
}

/* Flags are words, separated by commas. */
static int has_flag(shs_octets_t flags, const char *flag)
{
    const char *at = flags.data;
    const char *end = flags.data + flags.len;

    while (at < end) {
        const char *comma = memchr(at, ',', (apr_size_t)(end - at));
        shs_octets_t word;

        word.data = at;
        word.len = (apr_size_t)((comma ? comma : end) - at);
        if (shs_octets_are_text(word, flag)) {
            return 1;
        }
        at += word.len + 1;
    }
    return 0;
}

static int is_usable(const shs_reply_t *replica)
{
    const shs_reply_t *flags = find_value(replica, "flags");

    return flags && flags->kind == SHS_REPLY_STRING
           && !has_flag(flags->text, "s_down")
           && !has_flag(flags->text, "o_down")
           && !has_flag(flags->text, "disconnected");
}

int shs_sentinel_reply_parse_master(shs_address_t *out,
                                    const shs_reply_t *reply, apr_pool_t *p)
{
    if (reply->kind == SHS_REPLY_NIL) {
        return 0;
    }
    if (reply->kind == SHS_REPLY_ARRAY && reply->count == 2
        && read_server(out, reply->elements[0], reply->elements[1], p)) {
        return 1;
    }
    return -1;
}

apr_int64_t shs_sentinel_reply_parse_epoch(const shs_reply_t *reply)
{
    const shs_reply_t *epoch = find_value(reply, "config-epoch");

    return epoch && epoch->kind == SHS_REPLY_STRING
               ? shs_address_parse_number(epoch->text, APR_INT64_MAX)
               : -1;
}

int shs_sentinel_reply_parse_replicas(shs_address_t *out, int most,
                                      const shs_reply_t *reply, apr_pool_t *p)
{
    apr_size_t i;
    int count = 0;

    if (reply->kind != SHS_REPLY_ARRAY) {
        return 0;
    }
    for (i = 0; i < reply->count && count < most; ++i) {
        const shs_reply_t *replica = reply->elements[i];

        if (is_usable(replica)
            && read_server(&out[count], find_value(replica, "ip"),
                           find_value(replica, "port"), p)) {
            ++count;
        }
    }
    return count;
}

/* Whether INFO has that line. */
static int has_line(shs_octets_t text, const char *line)
{
    const char *end = text.data + text.len;
    const char *at = text.data;

    while (at < end) {
        const char *stop = memchr(at, '\n', (apr_size_t)(end - at));
        shs_octets_t found = { at, (apr_size_t)((stop ? stop : end) - at) };

        if (found.len > 0 && found.data[found.len - 1] == '\r') {
            --found.len;
        }
        if (shs_octets_are_text(found, line)) {
            return 1;
        }
        at = stop ? stop + 1 : end;
    }
    return 0;
}

int shs_sentinel_reply_is_master(const shs_reply_t *role)
{
    if (role->kind == SHS_REPLY_STRING) {
        return has_line(role->text, "role:master");
    }
    return role->kind == SHS_REPLY_ARRAY && role->count > 0
           && role->elements[0]->kind == SHS_REPLY_STRING
           && shs_octets_are_text(role->elements[0]->text, "master");
}
