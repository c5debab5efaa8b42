/* SPDX-License-Identifier: Apache-2.0 */
#include "java_check.h"

#include <stdlib.h>
#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "codec/java/java_read.h"
#include "session/json/json_read.h"

#define SHOWN 80

/* A copy that ends where the octets end, for the sanitizer. */
static apr_status_t free_octets(void *data)
{
    free(data);
    return APR_SUCCESS;
}

shs_octets_t java_check_octets(const char *base64, apr_size_t len,
                               apr_pool_t *p)
{
    const char *text = apr_pstrmemdup(p, base64, len);
    unsigned char *room =
        apr_palloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);
    shs_octets_t octets;
    char *exact;

    octets.len = (apr_size_t)apr_base64_decode_binary(room, text);
    exact = malloc(octets.len ? octets.len : 1);
    if (!exact) {
        abort();
    }
    memcpy(exact, room, octets.len);
    apr_pool_cleanup_register(p, exact, free_octets, apr_pool_cleanup_null);
    octets.data = exact;
    return octets;
}

static const char *show(const shs_value_t *value, apr_pool_t *p)
{
    static const char *const kinds[] = { "string", "number", "bool",
                                         "null",   "array",  "object" };
    apr_size_t len = value->text.len < SHOWN ? value->text.len : SHOWN;

    return apr_psprintf(p, "%s %.*s (%" APR_SIZE_T_FMT " octets)",
                        kinds[value->kind], (int)len, value->text.data,
                        value->text.len);
}

/* The number of members of a structure. */
static apr_size_t count_members(const shs_value_t *values, apr_size_t structure)
{
    apr_size_t count = 0;
    apr_size_t i;

    for (i = structure + 1; i < values[structure].end; i = values[i].end) {
        ++count;
    }
    return count;
}

static const char *compare_members(const shs_session_t *a, apr_size_t a_index,
                                   const shs_session_t *b, apr_size_t b_index,
                                   apr_pool_t *p)
{
    apr_size_t count, i;
    const shs_value_t *as = shs_session_values(a, &count);
    const shs_value_t *bs = shs_session_values(b, &count);
    apr_size_t k = b_index + 1;

    if (count_members(as, a_index) != count_members(bs, b_index)) {
        return apr_psprintf(p, "%d members, not %d",
                            (int)count_members(as, a_index),
                            (int)count_members(bs, b_index));
    }
    for (i = a_index + 1; i < as[a_index].end; i = as[i].end) {
        const char *wrong;

        if (as[a_index].kind == SHS_KIND_OBJECT) {
            const shs_value_t *member =
                shs_session_find(b, b_index + 1, bs[b_index].end,
                                 as[i].name.data, as[i].name.len);

            if (!member) {
                return apr_psprintf(p, "a member too many: \"%.*s\"",
                                    (int)as[i].name.len, as[i].name.data);
            }
            k = (apr_size_t)(member - bs);
        }
        wrong = java_check_values(a, i, b, k, p);
        if (wrong) {
            return apr_psprintf(p, "in \"%.*s\": %s", (int)as[i].name.len,
                                as[i].name.data, wrong);
        }
        k = bs[k].end;
    }
    return NULL;
}

const char *java_check_values(const shs_session_t *a, apr_size_t a_index,
                              const shs_session_t *b, apr_size_t b_index,
                              apr_pool_t *p)
{
    apr_size_t count;
    const shs_value_t *x = &shs_session_values(a, &count)[a_index];
    const shs_value_t *y = &shs_session_values(b, &count)[b_index];

    if (x->kind != y->kind || x->text.len != y->text.len
        || memcmp(x->text.data, y->text.data, x->text.len) != 0) {
        return apr_pstrcat(p, "got ", show(x, p), ", not ", show(y, p), NULL);
    }
    return x->kind == SHS_KIND_ARRAY || x->kind == SHS_KIND_OBJECT
               ? compare_members(a, a_index, b, b_index, p)
               : NULL;
}

const char *java_check_stream(shs_octets_t stream, const char *json,
                              apr_pool_t *p)
{
    shs_java_reader_t *reader = shs_java_read_create(p);
    shs_session_t *session = shs_session_create(1, p);
    shs_session_t *wanted = shs_json_read_structure(
        shs_octets_of(apr_pstrcat(p, "[", json, "]", NULL)), p);
    const char *wrong = shs_java_read_open(reader, stream);

    if (!wanted) {
        return "the line has no JSON";
    }
    if (!wrong) {
        wrong = shs_java_read_value(reader, session, shs_octets_of("value"));
    }
    if (wrong) {
        return apr_psprintf(p, "%s (at octet %d)", wrong,
                            (int)shs_java_read_offset(reader));
    }
    if (shs_java_read_peek(reader) != SHS_JAVA_NEXT_END) {
        return "the stream has more than one object";
    }
    return java_check_values(session, 0, wanted, 1, p);
}

const char *java_check_line(const char **name, char *line, apr_pool_t *p)
{
    char *base64 = strchr(line, ' ');
    char *json = base64 ? strchr(base64 + 1, ' ') : NULL;

    *name = line;
    if (!json) {
        return "the line has no three parts";
    }
    *base64++ = '\0';
    *json++ = '\0';
    return java_check_stream(
        java_check_octets(base64, (apr_size_t)(json - 1 - base64), p), json, p);
}
