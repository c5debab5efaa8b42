/* SPDX-License-Identifier: Apache-2.0
 *
 * What octets of a client cost: eight times the input is about eight times the
 * work, for every parser that reads what a client sends, or what a client may
 * have had stored. Memory is counted here, to the octet: APR's pools and
 * Jansson take it from functions of this test. Instructions are counted by
 * callgrind, which t/check/cost.sh runs this program under; it reads a dump for
 * each case and size.
 */
#include <dlfcn.h>
#include <stdio.h>

#include <apr_tables.h>
#include <jansson.h>

#include "codec/codec.h"
#include "config/own_headers.h"
#include "request/expose/nameset.h"
#include "request/expose/table_sweep.h"
#include "session/id/cookie.h"
#include "session/flat.h"
#include "session/id/session_id.h"
#include "session/json/json_patch.h"
#include "base/octets.h"
#include "session/urlencoded.h"
#include "session/json/path.h"
#include "session/json/json_text.h"
#include "unit.h"

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_ZERO_STATS
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(label) (void)(label)
#endif

#define SMALL 2048
#define TIMES 8

/* ------------------------------------------------------------ the counter */

static apr_size_t allocated;

/* In the place of APR's own: its other functions call this one too. */
void *apr_palloc(apr_pool_t *pool, apr_size_t size)
{
    static void *(*real)(apr_pool_t *, apr_size_t);

    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "apr_palloc");
    }
    allocated += size;
    return real(pool, size);
}

static void *count_malloc(size_t size)
{
    allocated += size;
    return malloc(size);
}

/* ------------------------------------------------------------ the parsers */

static const shs_own_headers_t *own_headers(void)
{
    static shs_own_headers_t all;

    shs_own_headers_init(&all, p);
    shs_own_headers_add(&all, "X-User", 0);
    shs_own_headers_add(&all, "X-Session-", 1);
    return &all;
}

static void read_connection(shs_octets_t text)
{
    shs_own_headers_strip(own_headers(), text.data, p);
}

static int is_claimed(void *list, const char *name)
{
    return shs_own_headers_have(list, name, strlen(name));
}

/* The lines as headers, those that are claimed swept. */
static void read_headers(shs_octets_t text)
{
    apr_table_t *table = apr_table_make(p, 16);
    char *rest = apr_pstrmemdup(p, text.data, text.len);
    char *name;

    while ((name = apr_strtok(rest, "\n", &rest)) != NULL) {
        apr_table_addn(table, name, "value");
    }
    shs_table_sweep_remove(table, is_claimed, (void *)own_headers(), p);
}

static void read_cookie_by(shs_octets_t text, shs_cookie_split_t split)
{
    const char *cursor = text.data;
    shs_session_id_t sid;
    shs_octets_t value;

    while (shs_cookie_next(&value, &cursor, "SID", split)) {
        shs_session_id_parse(&sid, value, '.', 0);
    }
}

static void read_cookie(shs_octets_t text)
{
    read_cookie_by(text, SHS_COOKIE_AT_SEMICOLONS);
    read_cookie_by(text, SHS_COOKIE_AT_COMMAS);
}

static void read_target(shs_octets_t text)
{
    shs_octets_t value;

    shs_cookie_find_parameter(&value, text.data, "jsessionid");
}

static const char *take_change(void *change, shs_octets_t name,
                               shs_octets_t value)
{
    shs_change_add(change, SHS_CHANGE_TEXT, name, value);
    return NULL;
}

static void read_pairs(shs_octets_t text)
{
    shs_change_t *change = shs_change_create(p);

    shs_urlencoded_decode(text, take_change, change, p);
    shs_change_check(change);
}

static void read_patch(shs_octets_t text)
{
    shs_change_t *change = shs_change_create(p);

    shs_json_patch_read(change, text, p);
    shs_change_check(change);
}

/* The half of it merged into the other half of its members. */
static void merge_patch(shs_octets_t text)
{
    shs_octets_t merged;

    shs_json_patch_merge(&merged, text, text, p);
}

/* A session of that text, edited by the change that the text is, and kept
 * near. */
static void edit(const shs_codec_t *codec, const shs_record_t *record,
                 shs_octets_t json)
{
    shs_change_t *change = shs_change_create(p);
    shs_octets_t lead = OCTETS("session.");
    shs_session_t *session = NULL;
    shs_edit_t edited;

    if (!shs_codec_decode(&session, codec, record, &shs_wanted_everything, p)) {
        shs_json_text_write_session(session, p);
        shs_flat_decode(shs_flat_encode(session, lead, p), p);
    }
    if (!shs_json_patch_read(change, json, p)) {
        shs_codec_edit(&edited, codec, record, change, SHS_CODEC_WHOLE, p);
    }
}

static void edit_json(shs_octets_t text)
{
    shs_record_t record = { SHS_SHAPE_STRING, text, NULL, 0, 0 };

    edit(&shs_codec_json, &record, text);
}

static void edit_form(shs_octets_t text)
{
    shs_record_t record = { SHS_SHAPE_STRING, text, NULL, 0, 0 };

    edit(&shs_codec_form, &record, OCTETS("{\"k1\":\"v\",\"k2\":null}"));
}

static const char *take_field(void *fields, shs_octets_t name,
                              shs_octets_t value)
{
    shs_record_field_t *field = apr_array_push(fields);

    field->name = name;
    field->value = value;
    return NULL;
}

/* The pairs as a hash, and each field as a name and a value outside. */
static void expose_hash(shs_octets_t text)
{
    apr_array_header_t *fields =
        apr_array_make(p, 16, sizeof(shs_record_field_t));
    shs_nameset_t *names = shs_nameset_create(&shs_target_type_headers, p);
    shs_record_t record = { SHS_SHAPE_FIELDS, { "", 0 }, NULL, 0, 0 };
    int i;

    shs_urlencoded_decode(text, take_field, fields, p);
    record.fields = (const shs_record_field_t *)fields->elts;
    record.count = (apr_size_t)fields->nelts;
    edit(&shs_codec_hash, &record, OCTETS("{\"k1\":\"v\",\"k2\":null}"));
    for (i = 0; i < fields->nelts; ++i) {
        const shs_record_field_t *field = &record.fields[i];
        shs_value_t value = { SHS_KIND_STRING, 0, field->name, field->value,
                              1 };
        shs_text_t text_of_it = { field->value, 0 };

        shs_nameset_add(
            names, shs_target_type_headers.make_name(OCTETS("X-"), &value, p));
        shs_target_type_headers.make_value(&text_of_it, SHS_ENCODING_PERCENT,
                                           p);
        shs_target_type_headers.make_value(&text_of_it, SHS_ENCODING_BASE64, p);
    }
}

/* Two attributes of a hash, and paths into their texts by turns. */
static void lead_inside(shs_octets_t text)
{
    shs_session_t *session = shs_session_create(2, p);
    shs_path_inside_t inside = { NULL };
    const shs_path_t *paths[2];
    int i;

    shs_session_append(session, SHS_KIND_STRING, OCTETS("a"), text);
    shs_session_append(session, SHS_KIND_STRING, OCTETS("b"), text);
    shs_session_set_untyped(session);
    shs_path_parse(&paths[0], "a.none.x", p);
    shs_path_parse(&paths[1], "b.none.x", p);
    for (i = 0; i < 10; ++i) {
        shs_octets_t found;

        shs_path_text(&found, paths[i % 2], session, &inside, p);
    }
}

/* --------------------------------------------------------------- the cases */

/* `unit` is repeated, with its number in the place of #. */
static const struct {
    const char *name;
    void (*read)(shs_octets_t text);
    const char *head;
    const char *unit;
    const char *tail;
} cases[] = {
    { "connection", read_connection, "", "a,", "" },
    { "connection-one-of-ours", read_connection, "", "a,", "X-User" },
    { "connection-all-of-ours", read_connection, "", "X-User,", "" },
    { "connection-separators", read_connection, "X-User", ",; ", "" },
    { "connection-spaces", read_connection, "X-User,a", " ", "b" },
    { "headers", read_headers, "", "X-Other-#\n", "" },
    { "headers-one-of-ours", read_headers, "", "X-Other-#\n", "X-User\n" },
    { "headers-all-of-ours", read_headers, "", "X-Session-#\n", "" },
    { "headers-same", read_headers, "", "X-User\n", "" },
    { "cookie-pairs", read_cookie, "", "a=b; ", "" },
    { "cookie-of-ours", read_cookie, "", "SID=x; ", "" },
    { "cookie-without-value", read_cookie, "", "SID; ", "" },
    { "cookie-semicolons", read_cookie, "", ";", "" },
    { "cookie-commas", read_cookie, "", "a, ", "" },
    { "cookie-joined", read_cookie, "", "a=b, ", "" },
    { "cookie-joined-of-ours", read_cookie, "a=b", ", SID=x", "" },
    { "cookie-bare-commas", read_cookie, "", ",", "" },
    { "cookie-quotes", read_cookie, "", "a=\"b; ", "" },
    { "cookie-joined-quotes", read_cookie, "", "a=\"b, ", "" },
    { "cookie-joined-quotes-of-ours", read_cookie, "", "SID=\"b\", ", "" },
    { "cookie-spaces", read_cookie, "SID", " ", "=x" },
    { "cookie-equals", read_cookie, "", "=", "" },
    { "cookie-long", read_cookie, "SID=", "x", "" },
    { "cookie-routes", read_cookie, "SID=", "x.", "" },
    { "target-parameters", read_target, "/a", ";jsessionid=x", "" },
    { "target-semicolons", read_target, "/a", ";", "" },
    { "target-segments", read_target, "", "/a;jsessionid=", "" },
    { "pairs", read_pairs, "", "k#=v&", "" },
    { "pairs-same", read_pairs, "", "k=v&", "" },
    { "pairs-names", read_pairs, "", "k&", "" },
    { "pairs-separators", read_pairs, "", "&", "" },
    { "pairs-escapes", read_pairs, "k=", "%41", "" },
    { "pairs-long", read_pairs, "k=", "v", "" },
    { "patch", read_patch, "{\"\":0", ",\"k#\":\"v\"", "}" },
    { "patch-nulls", read_patch, "{\"\":0", ",\"k#\":null", "}" },
    { "patch-objects", read_patch, "{\"\":0", ",\"k#\":{\"a\":1}", "}" },
    { "patch-same", read_patch, "{\"\":0", ",\"k\":1", "}" },
    { "patch-array", read_patch, "{\"a\":[0", ",1", "]}" },
    { "patch-deep", read_patch, "{\"a\":", "[", "" },
    { "patch-deep-objects", read_patch, "", "{\"a\":", "" },
    { "patch-long", read_patch, "{\"a\":\"", "v", "\"}" },
    { "patch-escapes", read_patch, "{\"a\":\"", "\\u0041", "\"}" },
    { "patch-number", read_patch, "{\"a\":0.", "1", "}" },
    { "patch-spaces", read_patch, "{", " ", "}" },
    { "patch-open", read_patch, "{\"a\":\"", "v", "" },
    { "merge", merge_patch, "{\"\":0", ",\"k#\":{\"a\":1}", "}" },
    { "merge-nulls", merge_patch, "{\"\":0", ",\"k#\":null", "}" },
    { "json", edit_json, "{\"\":0", ",\"k#\":\"v\"", "}" },
    { "json-structures", edit_json, "{\"\":0", ",\"k#\":{\"a\":[1]}", "}" },
    { "json-array", edit_json, "{\"a\":[0", ",1.5", "]}" },
    { "json-long", edit_json, "{\"a\":\"", "v", "\"}" },
    { "form", edit_form, "", "k#=v&", "" },
    { "form-same", edit_form, "", "k=v&", "" },
    { "form-escapes", edit_form, "k=", "%41", "" },
    { "inside", lead_inside, "{\"\":0", ",\"k#\":{\"x\":1}", "}" },
    { "inside-array", lead_inside, "[0", ",[]", "]" },
    { "inside-deep", lead_inside, "", "[", "" },
    { "inside-spaces", lead_inside, "", " ", "" },
    { "inside-open", lead_inside, "{\"a\":\"", "v", "" },
    { "hash", expose_hash, "", "k#=v&", "" },
    { "hash-same-outside", expose_hash, "", "k%01=v&", "" },
    { "hash-long", expose_hash, "k=", "%01", "" },
};

static shs_octets_t make_input(int i, apr_size_t size)
{
    char *text = apr_palloc(p, size + 64);
    char *at = apr_cpystrn(text, cases[i].head, 64);
    int n;

    for (n = 0; at < text + size; ++n) {
        const char *c;

        for (c = cases[i].unit; *c; ++c) {
            if (*c == '#') {
                at += apr_snprintf(at, 16, "%d", n);
            }
            else {
                *at++ = *c;
            }
        }
    }
    apr_cpystrn(at, cases[i].tail, 32);
    return shs_octets_of(text);
}

static apr_size_t cost_of(int i, apr_size_t size)
{
    shs_octets_t text = make_input(i, size);

    allocated = 0;
    CALLGRIND_ZERO_STATS;
    cases[i].read(text);
    CALLGRIND_DUMP_STATS_AT(
        apr_psprintf(p, "cost %s %" APR_SIZE_T_FMT, cases[i].name, size));
    return allocated;
}

START_TEST(cost__of_eight_times_the_input_is_eight_times_the_memory)
{
    apr_size_t small, large;

    json_set_alloc_funcs(count_malloc, free);
    small = cost_of(_i, SMALL);
    large = cost_of(_i, TIMES * SMALL);
    ck_assert_msg(large <= TIMES * small + TIMES * small / 2 + TIMES * SMALL,
                  "%s: %d octets of memory, and %d for %d times as much",
                  cases[_i].name, (int)small, (int)large, TIMES);
}
END_TEST

START_TEST(cost__sees_what_apr_and_jansson_allocate)
{
    allocated = 0;
    apr_pstrdup(p, "1234567");
    ck_assert_int_eq(allocated, 8);
    json_set_alloc_funcs(count_malloc, free);
    json_decref(json_string("1234567"));
    ck_assert_int_gt(allocated, 16);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, cost__sees_what_apr_and_jansson_allocate);
    tcase_add_loop_test(
        tc, cost__of_eight_times_the_input_is_eight_times_the_memory, 0,
        ROWS(cases));
}

int main(void)
{
    return unit_main("cost", add);
}
