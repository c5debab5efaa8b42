/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/end.h"

/* The rule may need what the place does not want, and the near-cache has no
 * record: the session is loaded again, as a whole. */
static shs_written_t end_foreign(const shs_scope_t *scope,
                                 const shs_session_id_t *sid)
{
    const shs_lookup_t *lookup = shs_lookup_run_whole(scope, sid);
    shs_written_t written = shs_writer_check_lookup(lookup);
    shs_expiry_subject_t subject;
    shs_write_t write;
    const char *error;

    if (written.status != SHS_WROTE_DONE) {
        return written;
    }
    subject.key = lookup->key;
    subject.prefix = shs_key_prefix_len(scope->settings->key.value);
    subject.record = &lookup->record;
    subject.session = lookup->session;
    write = shs_writer_prepare(scope, SHS_WRITE_REMOVE, lookup->key);
    error = shs_expiry_rule_plan_end(&write, scope->settings->expiry.value,
                                     &subject, scope->r->pool);
    return error ? shs_writer_written(SHS_WROTE_INVALID, error)
                 : shs_writer_execute(scope, &write);
}

shs_written_t shs_end_session(const shs_scope_t *scope,
                              const shs_lookup_t *lookup)
{
    shs_written_t written;

    if (!shs_settings_is_foreign(scope->settings)) {
        return shs_writer_end(scope, lookup);
    }
    written = end_foreign(scope, &lookup->sid);
    return written.status == SHS_WROTE_GONE
               ? shs_writer_written(SHS_WROTE_DONE, NULL)
               : written;
}
