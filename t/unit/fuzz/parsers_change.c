/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "codec/codec.h"
#include "session/flat.h"
#include "session/json/json_patch.h"
#include "session/json/json_plain.h"
#include "session/json/json_read.h"
#include "base/octets.h"
#include "session/urlencoded.h"
#include "session/json/path.h"
#include "session/json/json_text.h"

static int is_equal(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

static shs_octets_t octets_of(const uint8_t *data, size_t size)
{
    shs_octets_t octets = { (const char *)data, size };

    return octets;
}

/* ----------------------------------------------------------------- pairs */

static const char *take(void *baton, shs_octets_t name, shs_octets_t value)
{
    shs_record_field_t *pair = apr_array_push(baton);

    MUST(name.len > 0 && value.data);
    pair->name = name;
    pair->value = value;
    return NULL;
}

/* What was read, once written, is read as the same. */
void fuzz_urlencoded(const uint8_t *data, size_t size, apr_pool_t *p)
{
    apr_array_header_t *read = apr_array_make(p, 8, sizeof(shs_record_field_t));
    apr_array_header_t *again =
        apr_array_make(p, 8, sizeof(shs_record_field_t));
    const char *wrong =
        shs_urlencoded_decode(octets_of(data, size), take, read, p);
    shs_octets_t text;
    int i;

    if (wrong) {
        MUST(*wrong != '\0');
        return;
    }
    text = shs_urlencoded_encode((const shs_record_field_t *)read->elts,
                                 (apr_size_t)read->nelts, p);
    MUST(!shs_urlencoded_decode(text, take, again, p));
    MUST(again->nelts == read->nelts);
    for (i = 0; i < read->nelts; i++) {
        const shs_record_field_t *a =
            &APR_ARRAY_IDX(read, i, shs_record_field_t);
        const shs_record_field_t *b =
            &APR_ARRAY_IDX(again, i, shs_record_field_t);

        MUST(is_equal(a->name, b->name) && is_equal(a->value, b->value));
    }
}

/* -------------------------------------------------- what has two parts */

/* The input up to its first line's end, and what is behind it. */
static shs_octets_t cut(shs_octets_t *rest, shs_octets_t input)
{
    const char *end =
        input.len > 0 ? memchr(input.data, '\n', input.len) : NULL;
    shs_octets_t first = input;

    rest->data = input.data + input.len;
    rest->len = 0;
    if (end) {
        first.len = (apr_size_t)(end - input.data);
        rest->data = end + 1;
        rest->len = input.len - first.len - 1;
    }
    return first;
}

static shs_change_t *read_patch(shs_octets_t json, apr_pool_t *p)
{
    shs_change_t *change = shs_change_create(p);
    const char *wrong = shs_json_patch_read(change, json, p);

    MUST(!wrong || *wrong);
    return wrong ? NULL : change;
}

/* ----------------------------------------------------------------- patch */

/* Merged into nothing, a patch leaves nothing that removes. */
static void merge_into_nothing(shs_octets_t patch, apr_pool_t *p)
{
    shs_octets_t nothing = { "", 0 };
    const shs_change_entry_t *entries;
    shs_change_t *change;
    shs_octets_t merged;
    int count, i;

    MUST(!shs_json_patch_merge(&merged, nothing, patch, p));
    change = read_patch(merged, p);
    MUST(change != NULL);
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count; i++) {
        MUST(entries[i].kind != SHS_CHANGE_UNSET);
    }
}

/* A value, and in the next line a patch: each object of it is merged into the
 * value, which done twice must come to the same. */
void fuzz_patch(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_octets_t json;
    shs_octets_t old = cut(&json, octets_of(data, size));
    shs_change_t *change = read_patch(json, p);
    const shs_change_entry_t *entries;
    int count, i;

    if (!change) {
        return;
    }
    shs_change_check(change);
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count; i++) {
        shs_octets_t once, twice;
        const char *wrong;

        MUST(entries[i].value.len > 0 || entries[i].kind == SHS_CHANGE_TEXT
             || entries[i].kind == SHS_CHANGE_UNSET);
        if (entries[i].kind != SHS_CHANGE_MERGE) {
            continue;
        }
        MUST(entries[i].value.data[0] == '{');
        merge_into_nothing(entries[i].value, p);
        wrong = shs_json_patch_merge(&once, old, entries[i].value, p);
        MUST(!wrong || *wrong);
        if (!wrong) {
            MUST(!shs_json_patch_merge(&twice, once, entries[i].value, p));
            MUST(is_equal(once, twice));
        }
    }
}

/* ------------------------------------------------------------------ edit */

static shs_session_t *decode(const shs_codec_t *codec,
                             const shs_record_t *record, apr_pool_t *p)
{
    shs_session_t *session = NULL;

    return shs_codec_decode(&session, codec, record, &shs_wanted_everything, p)
               ? NULL
               : session;
}

static const shs_value_t *find(const shs_session_t *session, shs_octets_t name)
{
    apr_size_t count;

    shs_session_values(session, &count);
    return shs_session_find(session, 0, count, name.data, name.len);
}

static const shs_change_entry_t *entry_of(const shs_change_t *change,
                                          shs_octets_t name)
{
    const shs_change_entry_t *entries;
    int count, i;

    entries = shs_change_entries(change, &count);
    for (i = 0; i < count; i++) {
        if (is_equal(entries[i].name, name)) {
            return &entries[i];
        }
    }
    return NULL;
}

/* What was to change has changed, and nothing else. */
static void compare(const shs_session_t *before, const shs_session_t *after,
                    const shs_change_t *change, apr_pool_t *p)
{
    const shs_change_entry_t *entries;
    const shs_value_t *values, *value;
    shs_octets_t old, new;
    apr_size_t size, at;
    int count, i;

    entries = shs_change_entries(change, &count);
    for (i = 0; i < count; i++) {
        value = find(after, entries[i].name);
        MUST((value == NULL) == (entries[i].kind == SHS_CHANGE_UNSET));
        MUST(entries[i].kind != SHS_CHANGE_TEXT
             || is_equal(value->text, entries[i].value));
    }
    values = before ? shs_session_values(before, &size) : NULL;
    for (at = 0; values && at < size; at = values[at].end) {
        if (entry_of(change, values[at].name)) {
            continue;
        }
        value = find(after, values[at].name);
        MUST(value && value->kind == values[at].kind);
        MUST(shs_json_text_get(&old, before, &values[at], p)
             == shs_json_text_get(&new, after, value, p));
        MUST(value->kind == SHS_KIND_NULL || is_equal(old, new));
    }
}

/* A hash of one field, the pairs' or JSON's text. */
static void set_old(shs_record_t *record, shs_record_field_t *field,
                    const shs_codec_t *codec, shs_octets_t old)
{
    memset(record, 0, sizeof(*record));
    record->shape = shs_codec_shape(codec);
    record->ttl = SHS_TTL_FOREVER;
    record->string = old;
    field->name.data = "a";
    field->name.len = 1;
    field->value = old;
    record->fields = field;
    record->count = record->shape == SHS_SHAPE_FIELDS;
}

/* The first octet says which format, and whether there is a session; then it,
 * and in the next line a patch. */
void fuzz_edit(const uint8_t *data, size_t size, apr_pool_t *p)
{
    static const shs_codec_t *const codecs[] = { &shs_codec_json,
                                                 &shs_codec_form,
                                                 &shs_codec_hash };
    const shs_codec_t *codec = codecs[size > 0 ? data[0] % 3 : 0];
    int is_new = size > 0 && data[0] >= 'a';
    shs_octets_t json;
    shs_octets_t old =
        cut(&json, octets_of(data + (size > 0), size - (size > 0)));
    shs_change_t *change = read_patch(json, p);
    shs_session_t *before, *after;
    shs_record_field_t field;
    shs_record_t record;
    const char *wrong;
    shs_edit_t edit;

    set_old(&record, &field, codec, old);
    before = decode(codec, &record, p);
    if (!before || !change || shs_change_check(change)) {
        return;
    }
    wrong = shs_codec_edit(&edit, codec, is_new ? NULL : &record, change,
                           SHS_CODEC_WHOLE, p);
    if (wrong) {
        MUST(*wrong != '\0');
        return;
    }
    record.string = edit.string;
    record.fields = edit.fields;
    record.count = edit.count;
    after = decode(codec, &record, p);
    MUST(after != NULL);
    compare(is_new ? NULL : before, after, change, p);
}

/* ---------------------------------------------------------------- inside */

/* What json_plain reads, json_read reads too. */
static void read_both(shs_octets_t text, apr_pool_t *p)
{
    const shs_session_t *plain = shs_json_plain_read(text, p);
    const shs_session_t *read = plain ? shs_json_read_structure(text, p) : NULL;
    const shs_value_t *a, *b;
    apr_size_t count, other, i;

    if (!plain) {
        return;
    }
    MUST(read != NULL);
    a = shs_session_values(plain, &count);
    b = shs_session_values(read, &other);
    MUST(count == other);
    for (i = 0; i < count; ++i) {
        MUST(a[i].kind == b[i].kind && a[i].end == b[i].end
             && is_equal(a[i].name, b[i].name)
             && is_equal(a[i].text, b[i].text));
    }
}

/* A path, and in the next line the text of a hash's field "a" that it leads
 * into. The same session kept near gives the same. */
void fuzz_inside(const uint8_t *data, size_t size, apr_pool_t *p)
{
    shs_path_inside_t inside = { NULL };
    shs_path_inside_t near_inside = { NULL };
    shs_octets_t text, out, near_out;
    shs_octets_t first = cut(&text, octets_of(data, size));
    const shs_path_t *path = NULL;
    shs_record_field_t field;
    shs_record_t record;
    shs_session_t *session, *near;
    shs_octets_t lead = { "session.", 8 };
    int is_there;

    if (shs_path_parse(&path, apr_pstrmemdup(p, first.data, first.len), p)) {
        return;
    }
    read_both(text, p);
    set_old(&record, &field, &shs_codec_hash, text);
    session = decode(&shs_codec_hash, &record, p);
    near = shs_flat_decode(shs_flat_encode(session, lead, p), p);
    MUST(near != NULL);
    is_there = shs_path_text(&out, path, session, &inside, p);
    MUST(is_there == shs_path_text(&near_out, path, near, &near_inside, p));
    MUST(!is_there || is_equal(out, near_out));
    if (is_there) {
        MUST(shs_octets_encode(out, SHS_ENCODING_PERCENT, p) != NULL);
    }
}
