/* SPDX-License-Identifier: Apache-2.0 */
#include "session/change.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "session/metadata.h"
#include "base/octets.h"

struct shs_change_t {
    apr_array_header_t *entries; /* of shs_change_entry_t */
    apr_hash_t *places;          /* from name to index plus one */
};

shs_change_t *shs_change_create(apr_pool_t *p)
{
    shs_change_t *change = apr_palloc(p, sizeof(*change));

    change->entries = apr_array_make(p, 4, sizeof(shs_change_entry_t));
    change->places = apr_hash_make(p);
    return change;
}

void shs_change_add(shs_change_t *change, shs_change_kind_t kind,
                    shs_octets_t name, shs_octets_t value)
{
    apr_ssize_t len = (apr_ssize_t)name.len;
    apr_uintptr_t place =
        (apr_uintptr_t)apr_hash_get(change->places, name.data, len);
    shs_change_entry_t *entry;

    if (place > 0) {
        entry = &APR_ARRAY_IDX(change->entries, place - 1, shs_change_entry_t);
    }
    else {
        entry = apr_array_push(change->entries);
        place = (apr_uintptr_t)change->entries->nelts;
        apr_hash_set(change->places, name.data, len, (void *)place);
    }
    entry->kind = kind;
    entry->name = name;
    entry->value = value;
}

void shs_change_set(shs_change_t *change, const char *name, const char *value)
{
    shs_change_add(change, SHS_CHANGE_TEXT, shs_octets_of(name),
                   shs_octets_of(value));
}

void shs_change_add_number(shs_change_t *change, const char *name,
                           apr_int64_t number, apr_pool_t *p)
{
    shs_change_add(change, SHS_CHANGE_JSON, shs_octets_of(name),
                   shs_octets_of(apr_psprintf(p, "%" APR_INT64_T_FMT, number)));
}

void shs_change_add_all(shs_change_t *to, const shs_change_t *from)
{
    int i;

    for (i = 0; i < from->entries->nelts; ++i) {
        const shs_change_entry_t *entry =
            &APR_ARRAY_IDX(from->entries, i, shs_change_entry_t);

        shs_change_add(to, entry->kind, entry->name, entry->value);
    }
}

const shs_change_entry_t *shs_change_entries(const shs_change_t *change,
                                             int *count)
{
    *count = change->entries->nelts;
    return (const shs_change_entry_t *)change->entries->elts;
}

const char *shs_change_check(const shs_change_t *change)
{
    int i;

    for (i = 0; i < change->entries->nelts; ++i) {
        shs_octets_t name =
            APR_ARRAY_IDX(change->entries, i, shs_change_entry_t).name;

        if (name.len == 0) {
            return "an attribute has no name";
        }
        if (shs_metadata_is_reserved(name)) {
            return "names that begin with @ are reserved";
        }
        if (shs_octets_have_control(name)
            || memchr(name.data, '\t', name.len)) {
            return "an attribute's name has a control character";
        }
    }
    return NULL;
}
