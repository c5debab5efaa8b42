/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/expire.h"

/* A rotation without a grace time is the write that removes a key on the
 * condition that its value is still the one that was read. The mark that it
 * takes is not stored. As no session has its own key as its successor, DONE is
 * never due to a rotation by another writer. */
static shs_written_t remove_unchanged(const shs_scope_t *scope,
                                      const shs_lookup_t *lookup)
{
    apr_pool_t *p = scope->r->pool;
    shs_write_t write =
        shs_writer_prepare(scope, SHS_WRITE_FORWARD, lookup->key);
    shs_change_t *mark = shs_change_create(p);
    const char *error;

    shs_change_add(mark, SHS_CHANGE_TEXT, shs_octets_of(SHS_METADATA_ROTATED),
                   lookup->key);
    error = shs_codec_edit(&write.edit, scope->settings->codec.value, NULL,
                           mark, SHS_CODEC_CHANGES, p);
    if (error) {
        return shs_writer_written(SHS_WROTE_INVALID, error);
    }
    write.was = &lookup->record;
    return shs_writer_execute(scope, &write);
}

/* What a login has left of a session cannot be extended any more. */
shs_written_t shs_expire_session(const shs_scope_t *scope,
                                 const shs_lookup_t *lookup)
{
    shs_written_t written;

    if (shs_settings_is_foreign(scope->settings)) {
        return shs_writer_written(SHS_WROTE_FOREIGN,
                                  "its framework ends it by itself");
    }
    if (lookup->is_near) {
        return shs_writer_written(SHS_WROTE_CONFLICT,
                                  "only the near-cache says that it is over");
    }
    written = shs_lookup_is_rotated_away(lookup)
                  ? shs_writer_remove_key(scope, lookup->key, 1)
                  : remove_unchanged(scope, lookup);
    shs_writer_remove_rest(scope, lookup, written.status);
    return written;
}
