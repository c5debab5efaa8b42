/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/end.h"

static shs_written_t remove_key(const shs_scope_t *scope, shs_octets_t key)
{
    shs_write_t write = shs_writer_prepare(scope, SHS_WRITE_REMOVE, key);

    shs_expiry_rule_plan_removal(&write);
    return shs_writer_execute(scope, &write);
}

/* The near-cache has no record, and the place may not want the attributes that
 * the rule needs: the session is loaded again. */
static shs_written_t end_by_rule(const shs_scope_t *scope,
                                 const shs_session_id_t *sid)
{
    const shs_expiry_rule_t *rule = scope->settings->expiry.value;
    shs_wanted_t wanted = shs_expiry_rule_end_wanted(rule, scope->r->pool);
    const shs_lookup_t *lookup = shs_lookup_run_wanted(scope, sid, &wanted);
    shs_written_t written = shs_writer_check_lookup(lookup);
    shs_expiry_subject_t subject;
    shs_write_t write;
    const char *error;

    if (written.status == SHS_WROTE_MALFORMED) {
        return shs_end_unread(scope, lookup->key);
    }
    if (written.status != SHS_WROTE_DONE) {
        return written;
    }
    subject.key = lookup->key;
    subject.prefix = shs_key_prefix_len(scope->settings->key.value);
    subject.record = &lookup->record;
    subject.session = lookup->session;
    write = shs_writer_prepare(scope, SHS_WRITE_REMOVE, lookup->key);
    error = shs_expiry_rule_plan_end(&write, rule, &subject, scope->r->pool);
    return error ? shs_writer_written(SHS_WROTE_INVALID, error)
                 : shs_writer_execute(scope, &write);
}

shs_written_t shs_end_unread(const shs_scope_t *scope, shs_octets_t key)
{
    shs_written_t stays = shs_writer_written(
        SHS_WROTE_GONE, "the value is no session of the framework");
    shs_written_t written;

    if (shs_key_prefix_len(scope->settings->key.value) == 0) {
        return stays;
    }
    written = shs_writer_remove_key(scope, key, 1);
    return written.status == SHS_WROTE_MALFORMED ? stays : written;
}

shs_written_t shs_end_session(const shs_scope_t *scope,
                              const shs_lookup_t *lookup)
{
    shs_written_t written;

    if (!shs_settings_is_foreign(scope->settings)) {
        return shs_writer_end(scope, lookup);
    }
    written = shs_expiry_rule_needs_session(scope->settings->expiry.value)
                  ? end_by_rule(scope, &lookup->sid)
                  : remove_key(scope, lookup->key);
    return written.status == SHS_WROTE_GONE
               ? shs_writer_written(SHS_WROTE_DONE, NULL)
               : written;
}
