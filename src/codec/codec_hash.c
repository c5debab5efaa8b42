/* SPDX-License-Identifier: Apache-2.0
 *
 * The format hash, the native one: a Redis hash with one field per attribute. A
 * value is text; values of other types are JSON. Fields that begin with "@" are
 * reserved (session/metadata.h) and never attributes. A change writes only the
 * fields that it changes, so that two concurrent changes of different
 * attributes are both kept.
 */
#include "codec/codec.h"

#include <string.h>

#include <apr_hash.h>

#include "session/json/json_patch.h"

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    shs_session_t *session = shs_session_create(record->count, p);
    apr_size_t i;

    (void)wanted;
    for (i = 0; i < record->count; ++i) {
        const shs_record_field_t *field = &record->fields[i];

        if (shs_metadata_is_reserved(field->name)) {
            shs_metadata_read(shs_session_metadata(session), field->name,
                              field->value);
        }
        else if (field->name.len > 0) {
            shs_session_append(session, SHS_KIND_STRING, field->name,
                               field->value);
        }
    }
    shs_session_set_untyped(session);
    *out = session;
    return NULL;
}

/* An edit that is being made. */
typedef struct draft_t {
    apr_array_header_t *fields;   /* of shs_record_field_t: to be set */
    apr_array_header_t *names;    /* of shs_octets_t: to be removed */
    apr_array_header_t *expected; /* of shs_record_field_t */
    apr_hash_t *old;              /* name to shs_record_field_t */
    apr_pool_t *p;
} draft_t;

static void open_draft(draft_t *draft, const shs_record_t *old, apr_pool_t *p)
{
    apr_size_t i;

    draft->fields = apr_array_make(p, 8, sizeof(shs_record_field_t));
    draft->names = apr_array_make(p, 2, sizeof(shs_octets_t));
    draft->expected = apr_array_make(p, 2, sizeof(shs_record_field_t));
    draft->old = apr_hash_make(p);
    draft->p = p;
    for (i = 0; old && i < old->count; ++i) {
        const shs_record_field_t *field = &old->fields[i];

        apr_hash_set(draft->old, field->name.data, (apr_ssize_t)field->name.len,
                     field);
    }
}

static void add_field(apr_array_header_t *fields, shs_octets_t name,
                      shs_octets_t value)
{
    shs_record_field_t *field = apr_array_push(fields);

    field->name = name;
    field->value = value;
}

/* An attribute that is merged into must still have the value that was read. An
 * expected value without data: the field must not exist. */
static const char *add_merged(draft_t *draft, const shs_change_entry_t *entry)
{
    const shs_record_field_t *old = apr_hash_get(draft->old, entry->name.data,
                                                 (apr_ssize_t)entry->name.len);
    shs_octets_t before = { NULL, 0 };
    shs_octets_t merged;
    const char *error;

    if (old) {
        before = old->value;
    }
    error = shs_json_patch_merge(&merged, before, entry->value, draft->p);
    if (!error) {
        add_field(draft->expected, entry->name, before);
        add_field(draft->fields, entry->name, merged);
    }
    return error;
}

static const char *add_entry(draft_t *draft, const shs_change_entry_t *entry)
{
    switch (entry->kind) {
    case SHS_CHANGE_TEXT:
    case SHS_CHANGE_JSON:
        add_field(draft->fields, entry->name, entry->value);
        break;
    case SHS_CHANGE_MERGE:
        return add_merged(draft, entry);
    case SHS_CHANGE_UNSET:
        APR_ARRAY_PUSH(draft->names, shs_octets_t) = entry->name;
        break;
    }
    return NULL;
}

/* Adds the fields that the change leaves as they are. */
static void add_rest(draft_t *draft, const shs_record_t *old,
                     const shs_change_entry_t *entries, int count)
{
    apr_size_t i;
    int j;

    for (j = 0; j < count; ++j) {
        apr_hash_set(draft->old, entries[j].name.data,
                     (apr_ssize_t)entries[j].name.len, NULL);
    }
    for (i = 0; old && i < old->count; ++i) {
        const shs_record_field_t *field = &old->fields[i];

        if (apr_hash_get(draft->old, field->name.data,
                         (apr_ssize_t)field->name.len)) {
            add_field(draft->fields, field->name, field->value);
        }
    }
}

static const char *edit(shs_edit_t *out, const shs_record_t *old,
                        const shs_change_t *change, shs_codec_extent_t extent,
                        apr_pool_t *p)
{
    const shs_change_entry_t *entries;
    const char *error = NULL;
    draft_t draft;
    int count, i;

    open_draft(&draft, old, p);
    entries = shs_change_entries(change, &count);
    for (i = 0; i < count && !error; ++i) {
        error = add_entry(&draft, &entries[i]);
    }
    if (extent == SHS_CODEC_WHOLE) {
        add_rest(&draft, old, entries, count);
    }
    out->fields = (const shs_record_field_t *)draft.fields->elts;
    out->count = (apr_size_t)draft.fields->nelts;
    if (extent == SHS_CODEC_CHANGES) {
        out->names = (const shs_octets_t *)draft.names->elts;
        out->name_count = (apr_size_t)draft.names->nelts;
        out->expected = (const shs_record_field_t *)draft.expected->elts;
        out->expected_count = (apr_size_t)draft.expected->nelts;
    }
    return error;
}

const shs_codec_t shs_codec_hash = { "hash", SHS_SHAPE_FIELDS, "", decode, edit,
                                     NULL };
