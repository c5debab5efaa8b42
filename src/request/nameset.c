/* SPDX-License-Identifier: Apache-2.0 */
#include "request/nameset.h"

#include <apr_hash.h>
#include <apr_strings.h>

struct shs_nameset_t {
    const shs_channel_t *channel;
    apr_hash_t *folded;
    apr_pool_t *p;
};

shs_nameset_t *shs_nameset_create(const shs_channel_t *channel, apr_pool_t *p)
{
    shs_nameset_t *set = apr_palloc(p, sizeof(*set));

    set->channel = channel;
    set->folded = apr_hash_make(p);
    set->p = p;
    return set;
}

/* Equal for names that are one. */
static const char *fold(const shs_nameset_t *set, const char *name)
{
    char *folded = apr_pstrdup(set->p, name);
    char *c;

    for (c = folded; *c; ++c) {
        *c = set->channel->fold(*c);
    }
    return folded;
}

int shs_nameset_add(shs_nameset_t *set, const char *name)
{
    const char *folded = fold(set, name);

    if (apr_hash_get(set->folded, folded, APR_HASH_KEY_STRING)) {
        return 0;
    }
    apr_hash_set(set->folded, folded, APR_HASH_KEY_STRING, folded);
    return 1;
}

void shs_nameset_sweep(apr_table_t *table, const shs_nameset_t *set)
{
    const apr_array_header_t *entries;
    int i;

    if (apr_is_empty_table(table) || apr_hash_count(set->folded) == 0) {
        return;
    }
    entries = apr_table_elts(apr_table_clone(set->p, table));
    apr_table_clear(table);
    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(entries, i, apr_table_entry_t);

        if (!apr_hash_get(set->folded, fold(set, entry->key),
                          APR_HASH_KEY_STRING)) {
            apr_table_addn(table, entry->key, entry->val);
        }
    }
}
