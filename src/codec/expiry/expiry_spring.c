/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules spring and spring-indexed: sessions of Spring Session Data Redis
 * (codec_spring.c has their fields), with RedisSessionRepository and with
 * RedisIndexedSessionRepository. A session ends at lastAccessedTime plus
 * maxInactiveInterval. A touch writes the field and the key's expiry; its time
 * to live alone extends nothing.
 *
 * Keys of the indexed repository, where the session's key is
 * <namespace>:sessions:<id> (sources: RedisIndexedSessionRepository,
 * MinuteBasedRedisSessionExpirationStore, SortedSetRedisSessionExpirationStore,
 * PrincipalNameIndexResolver):
 *
 *   <namespace>:sessions:expires:<id>
 *       ends with the session, and the session's key five minutes later. The
 *       application's events of ended sessions come from this key
 *   <namespace>:index:<attribute>:<user>
 *       the ids of a user's sessions
 *   <namespace>:expirations:<minute>, <namespace>:sessions:expirations
 *       by when sessions end; the application has one or the other
 *
 * A logout there leaves the session's key, with maxInactiveInterval 0, so that
 * the application can look at what has ended.
 */
#include "codec/expiry/expiry_rule.h"

#include <string.h>

#include <apr_strings.h>

#include "codec/expiry/stored_fields.h"
#include "codec/stored_value.h"

#define CREATED  "creationTime"
#define ACCESSED "lastAccessedTime"
#define MAX      "maxInactiveInterval"

/* The end of each prefix of a key, and the principal's attribute. */
#define SESSIONS "sessions:"
#define PRINCIPAL                                                  \
    "org.springframework.session.FindByIndexNameSessionRepository" \
    ".PRINCIPAL_NAME_INDEX_NAME"
#define CONTEXT "SPRING_SECURITY_CONTEXT"

/* How much longer the key of an indexed session lives. */
#define INDEXED_REST apr_time_from_sec(300)

#define MS_PER_MINUTE 60000

static const char *check(shs_shape_t shape, const char *prefix)
{
    apr_size_t len = strlen(prefix);
    apr_size_t end = sizeof(SESSIONS) - 1;

    if (shape != SHS_SHAPE_FIELDS) {
        return "sessions of Spring Session are hashes: write"
               " \"SharedSessionFormat spring\"";
    }
    if (len <= end || strcmp(prefix + len - end, SESSIONS) != 0) {
        return "the keys of Spring Session are <namespace>:sessions:<id>: write"
               " \"SharedSessionKey spring:session:sessions:%s\", or what"
               " spring.session.redis.namespace says for spring:session";
    }
    return NULL;
}

/* What a touch of either repository has in common: *idle is the session's own
 * idle timeout. */
static const char *plan_fields(shs_foreign_t *foreign,
                               apr_interval_time_t *idle,
                               const shs_expiry_subject_t *subject,
                               apr_time_t now, apr_pool_t *p)
{
    const shs_record_t *record = subject->record;
    shs_record_field_t *expected = apr_pcalloc(p, 2 * sizeof(*expected));
    shs_record_field_t *fields = apr_pcalloc(p, sizeof(*fields));
    apr_int64_t max_s;

    expected[0].name = shs_octets_of(CREATED);
    if (!shs_stored_fields_get_number(&max_s, record, MAX)
        || !shs_stored_fields_keep(&expected[1], record, MAX)
        || !shs_stored_fields_make_time(fields, record, ACCESSED,
                                        apr_time_as_msec(now), p)) {
        return "its fields have an unknown form";
    }
    if (max_s <= 0) {
        return "it has no idle timeout";
    }
    *idle = apr_time_from_sec(max_s);
    foreign->expected = expected;
    foreign->expected_count = 2;
    foreign->fields = fields;
    foreign->count = 1;
    return NULL;
}

static const char *plan_touch(shs_write_t *write,
                              const shs_expiry_subject_t *subject,
                              apr_interval_time_t idle,
                              apr_interval_time_t interval, apr_time_t now,
                              apr_pool_t *p)
{
    shs_foreign_t *foreign = apr_pcalloc(p, sizeof(*foreign));
    const char *error = plan_fields(foreign, &idle, subject, now, p);

    write->foreign = foreign;
    write->ttl = idle;
    write->due = idle - interval;
    return error;
}

/* What stands before the id in the key; and the id. */
static shs_octets_t prefix_of(const shs_expiry_subject_t *subject)
{
    shs_octets_t prefix = { subject->key.data, subject->prefix };

    return prefix;
}

static shs_octets_t id_of(const shs_expiry_subject_t *subject)
{
    shs_octets_t id = { subject->key.data + subject->prefix,
                        subject->key.len - subject->prefix };

    return id;
}

/* a b c, from p. */
static shs_octets_t join(shs_octets_t a, const char *b, shs_octets_t c,
                         apr_pool_t *p)
{
    apr_size_t middle = strlen(b);
    char *out = apr_palloc(p, a.len + middle + c.len + 1);
    shs_octets_t joined = { out, a.len + middle + c.len };

    memcpy(out, a.data, a.len);
    memcpy(out + a.len, b, middle);
    memcpy(out + a.len + middle, c.data, c.len);
    out[joined.len] = '\0';
    return joined;
}

static shs_octets_t companion_of(const shs_expiry_subject_t *subject,
                                 apr_pool_t *p)
{
    return join(prefix_of(subject), "expires:", id_of(subject), p);
}

static const char *plan_touch_indexed(shs_write_t *write,
                                      const shs_expiry_subject_t *subject,
                                      apr_interval_time_t idle,
                                      apr_interval_time_t interval,
                                      apr_time_t now, apr_pool_t *p)
{
    shs_foreign_t *foreign = apr_pcalloc(p, sizeof(*foreign));
    const char *error = plan_fields(foreign, &idle, subject, now, p);

    foreign->companion = companion_of(subject, p);
    foreign->companion_ttl = idle;
    write->foreign = foreign;
    write->ttl = idle + INDEXED_REST;
    write->due = idle + INDEXED_REST - interval;
    return error;
}

/* --------------------------------------------------------------------- end */

/* A text as the application's serializer writes a String: as a stream if the
 * session's values are streams, else as JSON. No data: the text is too long, or
 * JSON would have to escape it. */
static shs_octets_t serialize(const shs_expiry_subject_t *subject,
                              shs_octets_t text, apr_pool_t *p)
{
    shs_octets_t like = shs_stored_fields_get(subject->record, CREATED);
    shs_octets_t none = { NULL, 0 };
    shs_octets_t begin = { "\xac\xed\0\5t", 5 };
    shs_octets_t quote = { "\"", 1 };
    char len[2];
    shs_octets_t length = { len, sizeof(len) };
    apr_size_t i;

    for (i = 0; i < text.len; ++i) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
            return none;
        }
    }
    if (!shs_stored_value_is_java(like)) {
        return join(join(quote, "", text, p), "", quote, p);
    }
    if (text.len > 0xffff) {
        return none;
    }
    len[0] = (char)(text.len >> 8);
    len[1] = (char)(text.len & 0xff);
    return join(join(begin, "", length, p), "", text, p);
}

static const shs_value_t *find_member(const shs_session_t *session,
                                      const shs_value_t *of, const char *name)
{
    apr_size_t count;
    const shs_value_t *values = shs_session_values(session, &count);
    apr_size_t from = of ? (apr_size_t)(of - values) + 1 : 0;

    if (of && of->kind != SHS_KIND_OBJECT) {
        return NULL;
    }
    return shs_session_find(session, from, of ? of->end : count, name,
                            strlen(name));
}

/* The user under whose name the session is in the index: as Spring's
 * PrincipalNameIndexResolver finds it. No data: it is not known. */
static shs_octets_t find_user(const shs_session_t *session)
{
    static const char *const steps[] = { CONTEXT, "authentication",
                                         "principal" };
    static const char *const names[] = { "username", "name" };
    const shs_value_t *at = find_member(session, NULL, PRINCIPAL);
    const shs_value_t *named = NULL;
    shs_octets_t none = { NULL, 0 };
    apr_size_t i;

    if (at && at->kind == SHS_KIND_STRING) {
        return at->text;
    }
    at = find_member(session, NULL, steps[0]);
    for (i = 1; at && i < sizeof(steps) / sizeof(steps[0]); ++i) {
        at = find_member(session, at, steps[i]);
    }
    for (i = 0; at && !named && i < sizeof(names) / sizeof(names[0]); ++i) {
        named = find_member(session, at, names[i]);
    }
    at = named ? named : at;
    return at && at->kind == SHS_KIND_STRING ? at->text : none;
}

static void add_member(apr_array_header_t *members, shs_octets_t key,
                       shs_octets_t member, int is_sorted)
{
    shs_member_t *added;

    if (member.data) {
        added = apr_array_push(members);
        added->key = key;
        added->member = member;
        added->is_sorted = is_sorted;
    }
}

/* The minute behind that in which the session ends, as its key has it. */
static shs_octets_t minute_of(const shs_record_t *record, apr_pool_t *p)
{
    apr_int64_t accessed_ms = 0;
    apr_int64_t max_s = 0;
    apr_int64_t end;

    shs_stored_fields_get_number(&accessed_ms, record, ACCESSED);
    shs_stored_fields_get_number(&max_s, record, MAX);
    end = accessed_ms + max_s * 1000;
    return shs_octets_of(apr_psprintf(
        p, "%" APR_INT64_T_FMT, end - end % MS_PER_MINUTE + MS_PER_MINUTE));
}

/* Where the session is listed. An application that has another list removes the
 * session from it itself: it is told of the end by the companion's. */
static void add_members(shs_foreign_t *foreign,
                        const shs_expiry_subject_t *subject, apr_pool_t *p)
{
    apr_array_header_t *members = apr_array_make(p, 3, sizeof(shs_member_t));
    shs_octets_t prefix = prefix_of(subject);
    shs_octets_t id = id_of(subject);
    shs_octets_t namespace = { prefix.data, prefix.len - strlen(SESSIONS) };
    shs_octets_t nothing = { "", 0 };
    shs_octets_t user = find_user(subject->session);
    shs_octets_t expires = join(nothing, "expires:", id, p);

    if (user.data) {
        add_member(members, join(namespace, "index:" PRINCIPAL ":", user, p),
                   serialize(subject, id, p), 0);
    }
    add_member(
        members,
        join(namespace, "expirations:", minute_of(subject->record, p), p),
        serialize(subject, expires, p), 0);
    add_member(members, join(prefix, "expirations", nothing, p),
               serialize(subject, id, p), 1);
    foreign->members = (const shs_member_t *)members->elts;
    foreign->member_count = (apr_size_t)members->nelts;
}

static const char *plan_end_indexed(shs_write_t *write,
                                    const shs_expiry_subject_t *subject,
                                    apr_pool_t *p)
{
    shs_foreign_t *foreign = apr_pcalloc(p, sizeof(*foreign));
    shs_record_field_t *expected = apr_pcalloc(p, sizeof(*expected));
    shs_record_field_t *fields = apr_pcalloc(p, sizeof(*fields));

    expected->name = shs_octets_of(CREATED);
    if (!shs_stored_fields_make(fields, subject->record, MAX, 0, p)) {
        return "its fields have an unknown form";
    }
    foreign->expected = expected;
    foreign->expected_count = 1;
    foreign->fields = fields;
    foreign->count = 1;
    foreign->keeps = INDEXED_REST;
    foreign->companion = companion_of(subject, p);
    add_members(foreign, subject, p);
    write->foreign = foreign;
    return NULL;
}

const shs_expiry_rule_t shs_expiry_spring = { "spring", check, plan_touch,
                                              NULL };

const shs_expiry_rule_t shs_expiry_spring_indexed = { "spring-indexed",
                                                      check,
                                                      plan_touch_indexed,
                                                      plan_end_indexed,
                                                      { CONTEXT, PRINCIPAL } };
