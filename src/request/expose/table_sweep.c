/* SPDX-License-Identifier: Apache-2.0 */
#include "request/expose/table_sweep.h"

static const apr_table_entry_t *entry_at(const apr_array_header_t *entries,
                                         int i)
{
    return &APR_ARRAY_IDX(entries, i, apr_table_entry_t);
}

int shs_table_sweep_remove(apr_table_t *table, shs_table_sweep_fn is_to_go,
                           void *baton, apr_pool_t *p)
{
    const apr_array_header_t *entries = apr_table_elts(table);
    int first = 0, gone = 1, i;

    while (first < entries->nelts
           && !is_to_go(baton, entry_at(entries, first)->key)) {
        ++first;
    }
    if (first == entries->nelts) {
        return 0;
    }
    /* Copies the entries, not their values. */
    entries = apr_table_elts(apr_table_copy(p, table));
    apr_table_clear(table);
    for (i = 0; i < entries->nelts; ++i) {
        const apr_table_entry_t *entry = entry_at(entries, i);

        if (i > first && is_to_go(baton, entry->key)) {
            ++gone;
        }
        else if (i != first) {
            apr_table_addn(table, entry->key, entry->val);
        }
    }
    return gone;
}
