/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/size.h"

#include "base/octets.h"

/* The most memory (MEMORY USAGE) that Redis needs for a hash that may be a
 * session: for each field, for each octet, and in any case. The bounds are
 * generous: a hash below them is loaded, and then measured exactly. */
#define MEMORY_OF_FIELD 512
#define MEMORY_OF_OCTET 4
#define MEMORY_OF_HASH  (128 * 1024)

void shs_size_append(shs_octets_t *commands, const shs_query_t *query,
                     apr_pool_t *p)
{
    const shs_octets_t words[] = {
        shs_octets_of(query->shape == SHS_SHAPE_STRING ? "STRLEN" : "HLEN"),
        query->key
    };

    shs_resp_append(commands, words, 2, p);
}

void shs_size_append_memory(shs_octets_t *commands, const shs_query_t *query,
                            apr_pool_t *p)
{
    const shs_octets_t words[] = {
        shs_octets_of("MEMORY"), shs_octets_of("USAGE"), query->key,
        shs_octets_of("SAMPLES"),
        shs_octets_of(APR_STRINGIFY(SHS_STORE_MAX_FIELDS))
    };

    shs_resp_append(commands, words, 5, p);
}

static int is_number_or_error(const shs_reply_t *reply)
{
    return reply->kind == SHS_REPLY_INTEGER || reply->kind == SHS_REPLY_ERROR;
}

/* For a key that is gone MEMORY USAGE is nil. */
int shs_size_is_expected(const shs_reply_t *size, const shs_reply_t *memory)
{
    return is_number_or_error(size)
           && (!memory || memory->kind == SHS_REPLY_NIL
               || is_number_or_error(memory));
}

/* An error says nothing. */
int shs_size_is_too_large(const shs_reply_t *size, const shs_reply_t *memory,
                          const shs_query_t *query)
{
    apr_uint64_t fields = SHS_STORE_MAX_FIELDS; /* at most */
    apr_uint64_t most = query->shape == SHS_SHAPE_FIELDS ? SHS_STORE_MAX_FIELDS
                                                         : query->max_octets;

    if (size->kind == SHS_REPLY_INTEGER) {
        fields = size->integer > 0 ? (apr_uint64_t)size->integer : 0;
        if (fields > most) {
            return 1;
        }
    }
    if (!memory || memory->kind != SHS_REPLY_INTEGER || memory->integer <= 0) {
        return 0;
    }
    most = MEMORY_OF_HASH + fields * MEMORY_OF_FIELD
           + (apr_uint64_t)query->max_octets * MEMORY_OF_OCTET;
    return (apr_uint64_t)memory->integer > most;
}
