/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule redisson: sessions of Redisson's session manager for Tomcat
 * (codec_redisson.c has their fields). A touch writes what RedissonSession
 * writes at each request: the times of access, and a time to live of the idle
 * timeout plus a minute. An end removes the key. An application with
 * readMode=MEMORY does not see either (docs/guide/frameworks.md).
 */
#include "codec/expiry/expiry_rule.h"

#include "codec/expiry/stored_fields.h"

#define REST apr_time_from_sec(60)

#define MAX "session:maxInactiveInterval"

static const char *check(shs_shape_t shape, const char *prefix)
{
    (void)prefix;
    return shape == SHS_SHAPE_FIELDS ? NULL
                                     : "sessions of Redisson are hashes: write"
                                       " \"SharedSessionFormat redisson\"";
}

static const char *plan_touch(shs_write_t *write,
                              const shs_expiry_subject_t *subject,
                              apr_interval_time_t idle,
                              apr_interval_time_t interval, apr_time_t now,
                              apr_pool_t *p)
{
    static const char *const times[] = { "session:lastAccessedTime",
                                         "session:thisAccessedTime" };
    const shs_record_t *record = subject->record;
    shs_foreign_t *foreign = apr_pcalloc(p, sizeof(*foreign));
    shs_record_field_t *expected = apr_pcalloc(p, 2 * sizeof(*expected));
    shs_record_field_t *fields = apr_pcalloc(p, 2 * sizeof(*fields));
    apr_int64_t max_s;
    apr_size_t i;

    if (!shs_stored_fields_get_number(&max_s, record, MAX)
        || !shs_stored_fields_keep(&expected[0], record, "session:isValid")
        || !shs_stored_fields_keep(&expected[1], record, MAX)) {
        return "its fields have an unknown form";
    }
    for (i = 0; i < 2; ++i) {
        if (!shs_stored_fields_make_time(&fields[i], record, times[i],
                                         apr_time_as_msec(now), p)) {
            return "its fields have an unknown form";
        }
    }
    if (max_s <= 0) {
        return "it has no idle timeout";
    }
    idle = apr_time_from_sec(max_s);
    foreign->expected = expected;
    foreign->expected_count = 2;
    foreign->fields = fields;
    foreign->count = 2;
    write->foreign = foreign;
    write->ttl = idle + REST;
    write->due = idle + REST - interval;
    return NULL;
}

const shs_expiry_rule_t shs_expiry_redisson = { "redisson", check, plan_touch,
                                                NULL };
