/* SPDX-License-Identifier: Apache-2.0
 *
 * The format form: a string of urlencoded pairs,
 * "userId=alice&userNm=Alice+Kim", as httpd's mod_session encodes it. Source:
 * mod_session.c, session_identity_encode() and _decode(): "expiry" is not an
 * attribute but the time, in microseconds since the epoch, at which the session
 * ends.
 */
#include "codec/codec.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_lib.h>

#include "session/json/json_patch.h"
#include "session/urlencoded.h"
#include "base/octets.h"

static int is_expiry(shs_octets_t name)
{
    return shs_octets_are_text(name, "expiry");
}

/* Returns 0 when the text is not a number, or too large for a time. */
static int parse_expiry(apr_time_t *at, shs_octets_t text)
{
    apr_size_t i;

    if (text.len == 0 || text.len > 18) {
        return 0;
    }
    *at = 0;
    for (i = 0; i < text.len; ++i) {
        if (!apr_isdigit(text.data[i])) {
            return 0;
        }
        *at = *at * 10 + (text.data[i] - '0');
    }
    return 1;
}

/* A session that is being decoded. `seen` maps a name to the index of its
 * value, plus one. */
typedef struct decoding_t {
    shs_session_t *session;
    apr_hash_t *seen;
} decoding_t;

/* A later value of a name replaces an earlier one, as in mod_session's
 * table. */
static void put(decoding_t *decoding, shs_octets_t name, shs_octets_t value)
{
    apr_ssize_t len = (apr_ssize_t)name.len;
    apr_uintptr_t index =
        (apr_uintptr_t)apr_hash_get(decoding->seen, name.data, len);

    if (index > 0) {
        shs_session_replace(decoding->session, index - 1, value);
        return;
    }
    index =
        shs_session_append(decoding->session, SHS_KIND_STRING, name, value) + 1;
    apr_hash_set(decoding->seen, name.data, len, (void *)index);
}

static const char *decode_pair(void *data, shs_octets_t name,
                               shs_octets_t value)
{
    decoding_t *decoding = data;
    apr_time_t expires_at;

    if (shs_metadata_is_reserved(name)) {
        shs_metadata_read(shs_session_metadata(decoding->session), name, value);
    }
    else if (!is_expiry(name)) {
        put(decoding, name, value);
    }
    else if (parse_expiry(&expires_at, value)) {
        shs_session_set_expiry(decoding->session, expires_at);
    }
    else {
        return "urlencoded pairs, but 'expiry' is not a time";
    }
    return NULL;
}

/* A writer of pairs escapes "{". A session that another place stored as JSON
 * must not be read as pairs: a value with "&" and "=" would make attributes. */
static int is_json_object(shs_octets_t text)
{
    apr_size_t i = 0;

    while (i < text.len && apr_isspace(text.data[i])) {
        ++i;
    }
    return i < text.len && text.data[i] == '{';
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    decoding_t decoding = { shs_session_create(16, p), apr_hash_make(p) };
    const char *error;

    (void)wanted;
    if (is_json_object(record->string)) {
        return "it begins as a JSON object does, not as urlencoded pairs do";
    }
    error = shs_urlencoded_decode(record->string, decode_pair, &decoding, p);
    if (!error) {
        *out = decoding.session;
    }
    return error;
}

/* The pairs of a session that is being changed, one for each name. */
typedef struct draft_t {
    apr_array_header_t *pairs; /* of shs_record_field_t; a value without data:
                                * the pair is removed */
    apr_hash_t *places;        /* from name to index plus one */
} draft_t;

static void set_pair(draft_t *draft, shs_octets_t name, shs_octets_t value)
{
    apr_ssize_t len = (apr_ssize_t)name.len;
    apr_uintptr_t place =
        (apr_uintptr_t)apr_hash_get(draft->places, name.data, len);
    shs_record_field_t *pair;

    if (place > 0) {
        pair = &APR_ARRAY_IDX(draft->pairs, place - 1, shs_record_field_t);
    }
    else {
        pair = apr_array_push(draft->pairs);
        place = (apr_uintptr_t)draft->pairs->nelts;
        apr_hash_set(draft->places, name.data, len, (void *)place);
    }
    pair->name = name;
    pair->value = value;
}

static const char *add_old_pair(void *data, shs_octets_t name,
                                shs_octets_t value)
{
    set_pair(data, name, value);
    return NULL;
}

static shs_octets_t find_pair(const draft_t *draft, shs_octets_t name)
{
    apr_uintptr_t place = (apr_uintptr_t)apr_hash_get(draft->places, name.data,
                                                      (apr_ssize_t)name.len);
    shs_octets_t nothing = { NULL, 0 };

    return place > 0
               ? APR_ARRAY_IDX(draft->pairs, place - 1, shs_record_field_t)
                     .value
               : nothing;
}

static const char *apply(draft_t *draft, const shs_change_entry_t *entry,
                         apr_pool_t *p)
{
    shs_octets_t value = entry->value;
    const char *error = NULL;

    if (is_expiry(entry->name)) {
        return "an attribute cannot be called expiry in the format form";
    }
    if (entry->kind == SHS_CHANGE_MERGE) {
        error = shs_json_patch_merge(&value, find_pair(draft, entry->name),
                                     entry->value, p);
    }
    else if (entry->kind == SHS_CHANGE_UNSET) {
        value.data = NULL;
    }
    if (!error) {
        set_pair(draft, entry->name, value);
    }
    return error;
}

/* The pair that marks a rotated session comes first: see ROTATED. */
static void put_rotated_first(draft_t *draft)
{
    shs_octets_t name = { SHS_METADATA_ROTATED,
                          sizeof(SHS_METADATA_ROTATED) - 1 };
    apr_uintptr_t place = (apr_uintptr_t)apr_hash_get(draft->places, name.data,
                                                      (apr_ssize_t)name.len);
    shs_record_field_t *pairs = (shs_record_field_t *)draft->pairs->elts;
    shs_record_field_t rotated;

    if (place > 0) {
        rotated = pairs[place - 1];
        memmove(pairs + 1, pairs, (place - 1) * sizeof(*pairs));
        pairs[0] = rotated;
    }
}

static const char *edit(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p)
{
    draft_t draft = { apr_array_make(p, 8, sizeof(shs_record_field_t)),
                      apr_hash_make(p) };
    const shs_change_entry_t *entries;
    const char *error = NULL;
    int count, i;

    (void)extent;
    if (old) {
        error = shs_urlencoded_decode(old->string, add_old_pair, &draft, p);
    }
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count && !error; ++i) {
        error = apply(&draft, &entries[i], p);
    }
    if (!error) {
        put_rotated_first(&draft);
        out->string =
            shs_urlencoded_encode((const shs_record_field_t *)draft.pairs->elts,
                                  (apr_size_t)draft.pairs->nelts, p);
    }
    return error;
}

/* The prefix of a rotated value: its first pair, with the name escaped as
 * shs_urlencoded_encode() does. */
#define ROTATED "%40rotated="

const shs_codec_t shs_codec_form = { "form",  SHS_SHAPE_STRING,
                                     ROTATED, decode,
                                     edit,    NULL };
