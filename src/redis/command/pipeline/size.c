/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/size.h"

#include "redis/protocol/reply.h"
#include "base/octets.h"

/* The most memory (MEMORY USAGE) that Redis needs for a hash that may be a
 * session: for each field, for each octet, and in any case. The bounds are
 * generous: a hash below them is loaded, and then measured exactly. */
#define MEMORY_OF_FIELD 512
#define MEMORY_OF_OCTET 4
#define MEMORY_OF_HASH  (128 * 1024)

static int is_whole_hash(const shs_query_t *query)
{
    return query->shape == SHS_SHAPE_FIELDS && !query->names;
}

apr_size_t shs_size_count(const shs_query_t *query)
{
    if (query->shape == SHS_SHAPE_STRING) {
        return 1;
    }
    return query->names ? query->name_count : 2;
}

static void append_memory(shs_octets_t *commands, const shs_query_t *query,
                          apr_pool_t *p)
{
    const shs_octets_t words[] = {
        shs_octets_of("MEMORY"), shs_octets_of("USAGE"), query->key,
        shs_octets_of("SAMPLES"),
        shs_octets_of(APR_STRINGIFY(SHS_STORE_MAX_FIELDS))
    };

    shs_resp_append(commands, words, 5, p);
}

void shs_size_append(shs_octets_t *commands, apr_size_t i,
                     const shs_query_t *query, apr_pool_t *p)
{
    shs_octets_t words[3];

    if (is_whole_hash(query) && i == 1) {
        append_memory(commands, query, p);
        return;
    }
    words[0] = shs_octets_of(query->shape == SHS_SHAPE_STRING ? "STRLEN"
                             : query->names                   ? "HSTRLEN"
                                                              : "HLEN");
    words[1] = query->key;
    if (query->names) {
        words[2] = query->names[i];
    }
    shs_resp_append(commands, words, query->names ? 3 : 2, p);
}

static int is_number_or_error(const shs_reply_t *reply)
{
    return reply->kind == SHS_REPLY_INTEGER || reply->kind == SHS_REPLY_ERROR;
}

/* For a key that is gone MEMORY USAGE is nil. */
int shs_size_is_expected(shs_reply_t *const *replies, const shs_query_t *query)
{
    apr_size_t i;

    for (i = 0; i < shs_size_count(query); ++i) {
        int is_memory = is_whole_hash(query) && i == 1;

        if (!is_number_or_error(replies[i])
            && !(is_memory && replies[i]->kind == SHS_REPLY_NIL)) {
            return 0;
        }
    }
    return 1;
}

/* The number of a reply, but at least 0. */
static apr_uint64_t number_of(const shs_reply_t *reply)
{
    return reply->kind == SHS_REPLY_INTEGER && reply->integer > 0
               ? (apr_uint64_t)reply->integer
               : 0;
}

/* A field without octets may not exist: its name does not count then. */
static int are_values_too_large(shs_reply_t *const *replies,
                                const shs_query_t *query)
{
    apr_uint64_t left = query->max_octets;
    apr_size_t i;

    for (i = 0; i < query->name_count; ++i) {
        apr_uint64_t octets = number_of(replies[i]);

        if (octets > left
            || (octets > 0 && query->names[i].len > left - octets)) {
            return 1;
        }
        left -= octets > 0 ? octets + query->names[i].len : 0;
    }
    return 0;
}

static int is_hash_too_large(shs_reply_t *const *replies,
                             const shs_query_t *query)
{
    apr_uint64_t fields = replies[0]->kind == SHS_REPLY_INTEGER
                              ? number_of(replies[0])
                              : SHS_STORE_MAX_FIELDS;

    return fields > SHS_STORE_MAX_FIELDS
           || number_of(replies[1])
                  > MEMORY_OF_HASH + fields * MEMORY_OF_FIELD
                        + (apr_uint64_t)query->max_octets * MEMORY_OF_OCTET;
}

int shs_size_is_too_large(shs_reply_t *const *replies, const shs_query_t *query)
{
    if (query->shape == SHS_SHAPE_STRING) {
        return number_of(replies[0]) > query->max_octets;
    }
    return query->names ? are_values_too_large(replies, query)
                        : is_hash_too_large(replies, query);
}

shs_reply_t *shs_size_error(shs_reply_t *const *replies,
                            const shs_query_t *query)
{
    apr_size_t count = is_whole_hash(query) ? 1 : shs_size_count(query);
    apr_size_t i;

    for (i = 0; i < count; ++i) {
        if (replies[i]->kind == SHS_REPLY_ERROR
            && !shs_reply_is_unsupported(replies[i])) {
            return replies[i];
        }
    }
    return NULL;
}
