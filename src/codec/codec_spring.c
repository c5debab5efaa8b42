/* SPDX-License-Identifier: Apache-2.0
 *
 * The format spring: what Spring Session Data Redis writes: a hash with the
 * fields (RedisSessionMapper, RedisSession)
 *
 *   creationTime          a Long, milliseconds since the epoch
 *   lastAccessedTime      the same
 *   maxInactiveInterval   an Integer, seconds; negative: the session has no
 *                         end; 0: it is over
 *   sessionAttr:NAME      an attribute; without octets: it was removed
 *
 * Each value is what the application's RedisSerializer makes of the object:
 * codec/stored_value.h. A session is over at lastAccessedTime plus
 * maxInactiveInterval. The key may live longer: after a logout with an indexed
 * repository, all fields remain for five minutes.
 *
 * Spring Session may leave a hash without creationTime, if a request of a
 * session ends after its logout (spring-session issue 2021). That is not a
 * session.
 */
#include "codec/codec.h"

#include <stddef.h>

#include <apr_strings.h>

#include "codec/stored_number.h"
#include "codec/stored_time.h"
#include "codec/stored_value.h"

#define CREATED   "creationTime"
#define ACCESSED  "lastAccessedTime"
#define MAX       "maxInactiveInterval"
#define ATTRIBUTE "sessionAttr:"

/* What the fields that are no attributes say. */
typedef struct life_t {
    apr_int64_t created_ms;
    apr_int64_t accessed_ms;
    apr_int64_t max_s;
    int found; /* a bit for each */
} life_t;

static const struct {
    const char *name;
    apr_size_t offset; /* in life_t */
    const char *missing;
    const char *unreadable;
    apr_int64_t least, most;
} life_fields[] = {
    { CREATED, offsetof(life_t, created_ms),
      "no " CREATED ": a remainder of a session that has ended",
      "its " CREATED " is not a time", 1, SHS_STORED_TIME_MOST },
    { ACCESSED, offsetof(life_t, accessed_ms), "no " ACCESSED,
      "its " ACCESSED " is not a time", 0, SHS_STORED_TIME_MOST },
    { MAX, offsetof(life_t, max_s), "no " MAX, "its " MAX " is not a time",
      APR_INT32_MIN, APR_INT32_MAX },
};

#define LIFE_FIELDS (sizeof(life_fields) / sizeof(life_fields[0]))

/* Reads a field that is no attribute. Returns NULL, or why it is malformed. */
static const char *read_life(life_t *life, const shs_record_field_t *field)
{
    apr_size_t i;

    for (i = 0; i < LIFE_FIELDS; ++i) {
        if (shs_octets_are_text(field->name, life_fields[i].name)) {
            apr_int64_t *number =
                (apr_int64_t *)((char *)life + life_fields[i].offset);

            life->found |= 1 << i;
            return shs_stored_number_read(number, field->value)
                           && *number >= life_fields[i].least
                           && *number <= life_fields[i].most
                       ? NULL
                       : life_fields[i].unreadable;
        }
    }
    return NULL;
}

/* Returns NULL, or why the record is malformed. */
static const char *set_life(shs_session_t *session, const life_t *life)
{
    shs_metadata_t *metadata = shs_session_metadata(session);
    apr_size_t i;

    for (i = 0; i < LIFE_FIELDS; ++i) {
        if (!(life->found & 1 << i)) {
            return life_fields[i].missing;
        }
    }
    metadata->created_at = life->created_ms * 1000;
    if (life->max_s > 0) {
        metadata->idle = apr_time_from_sec(life->max_s);
    }
    if (life->max_s >= 0) {
        shs_session_set_expiry(
            session,
            shs_stored_time_expiry(life->accessed_ms + life->max_s * 1000));
    }
    return NULL;
}

static void read_attribute(shs_session_t *session, shs_stored_values_t *values,
                           shs_octets_t name, shs_octets_t stored)
{
    const char *wrong =
        shs_metadata_is_reserved(name)
            ? "an attribute's name begins with '@'"
            : shs_stored_value_append(values, session, name, stored);

    if (wrong) {
        shs_session_append_opaque(session, name, wrong);
    }
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    shs_session_t *session = shs_session_create(2 * record->count, p);
    shs_stored_values_t values = { NULL, p };
    life_t life = { 0, 0, 0, 0 };
    const char *wrong = NULL;
    apr_size_t i;

    for (i = 0; i < record->count && !wrong; ++i) {
        const shs_record_field_t *field = &record->fields[i];
        shs_octets_t name = field->name;
        apr_size_t len = sizeof(ATTRIBUTE) - 1;

        if (name.len > len && !memcmp(name.data, ATTRIBUTE, len)) {
            name.data += len;
            name.len -= len;
            if (field->value.len > 0 && shs_wanted_has(wanted, name)) {
                read_attribute(session, &values, name, field->value);
            }
        }
        else {
            wrong = read_life(&life, field);
        }
    }
    if (!wrong) {
        wrong = set_life(session, &life);
    }
    if (!wrong) {
        *out = session;
    }
    return wrong;
}

static const shs_octets_t *fields(apr_size_t *count, const shs_wanted_t *wanted,
                                  apr_pool_t *p)
{
    shs_octets_t *names =
        apr_palloc(p, (LIFE_FIELDS + wanted->count) * sizeof(*names));
    apr_size_t i;

    for (i = 0; i < LIFE_FIELDS; ++i) {
        names[i] = shs_octets_of(life_fields[i].name);
    }
    for (i = 0; i < wanted->count; ++i) {
        names[LIFE_FIELDS + i] = shs_octets_of(apr_pstrcat(
            p, ATTRIBUTE,
            apr_pstrmemdup(p, wanted->names[i].data, wanted->names[i].len),
            NULL));
    }
    *count = LIFE_FIELDS + wanted->count;
    return names;
}

const shs_codec_t shs_codec_spring = { "spring", SHS_SHAPE_FIELDS,
                                       "",       decode,
                                       NULL,     fields };
