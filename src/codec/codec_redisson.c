/* SPDX-License-Identifier: Apache-2.0
 *
 * The format redisson: what Redisson's session manager for Tomcat writes
 * (RedissonSession): a hash with one field for each attribute, and with
 *
 *   session:creationTime, :lastAccessedTime, :thisAccessedTime
 *                                 Longs, milliseconds since the epoch
 *   session:maxInactiveInterval   an Integer, seconds; up to 0: the session has
 *                                 no end
 *   session:isValid               false: it has ended
 *   session:isExpirationLocked    true: it is ending (broadcastSessionEvents)
 *   session:isNew, :principal, :authtype
 *
 * Each value is what the application's codec makes of the object: Kryo (the
 * default), JSON with the names of classes, or Java Object Serialization. A
 * session is over at thisAccessedTime plus maxInactiveInterval; its key lives a
 * minute longer. After another program has ended a session, the application
 * writes its times again, for it still has the session in its memory. As for
 * Redisson itself, such a remainder has ended: it has no session:isValid.
 */
#include "codec/codec.h"

#include "codec/stored_number.h"
#include "codec/stored_time.h"
#include "codec/stored_value.h"

static const char *const own_names[] = {
    "session:creationTime",
    "session:lastAccessedTime",
    "session:thisAccessedTime",
    "session:maxInactiveInterval",
    "session:isValid",
    "session:isExpirationLocked",
    "session:isNew",
    "session:principal",
    "session:authtype",
};

enum {
    CREATED,
    LAST_ACCESSED,
    THIS_ACCESSED,
    MAX,
    IS_VALID,
    IS_LOCKED,
    NEEDED, /* these and those before are read */
    OWN = sizeof(own_names) / sizeof(own_names[0])
};

/* Which of the fields that are no attributes it is; OWN: none. */
static apr_size_t find_own(shs_octets_t name)
{
    apr_size_t i = 0;

    while (i < OWN && !shs_octets_are_text(name, own_names[i])) {
        ++i;
    }
    return i;
}

/* The time in one of these fields. Returns 0 if it is not one. */
static int read_time(apr_int64_t *out, shs_octets_t stored)
{
    return stored.data && shs_stored_number_read(out, stored) && *out >= 0
           && *out <= SHS_STORED_TIME_MOST;
}

/* Returns NULL, or why the record is malformed. */
static const char *read_flags(int *is_over, const shs_octets_t own[])
{
    int is_valid = 0;
    int is_locked = 0;

    if (!own[IS_VALID].data) {
        return "no session:isValid";
    }
    if (!shs_stored_value_read_bool(&is_valid, own[IS_VALID])
        || (own[IS_LOCKED].data
            && !shs_stored_value_read_bool(&is_locked, own[IS_LOCKED]))) {
        return "its session:isValid or session:isExpirationLocked is not a"
               " boolean value";
    }
    *is_over = !is_valid || is_locked;
    return NULL;
}

/* Returns NULL, or why the record is malformed. */
static const char *read_own(shs_session_t *session, const shs_octets_t own[])
{
    shs_metadata_t *metadata = shs_session_metadata(session);
    apr_int64_t created, accessed, max_s;
    int is_over;
    const char *wrong;

    if (!own[IS_VALID].data && own[THIS_ACCESSED].data) {
        shs_session_set_expiry(session, shs_stored_time_expiry(0));
        return NULL;
    }
    wrong = read_flags(&is_over, own);
    if (wrong) {
        return wrong;
    }
    if (!read_time(&created, own[CREATED]) || created == 0) {
        return "its session:creationTime is not a time";
    }
    if (!read_time(
            &accessed,
            own[own[THIS_ACCESSED].data ? THIS_ACCESSED : LAST_ACCESSED])) {
        return "its session:thisAccessedTime is not a time";
    }
    if (!own[MAX].data || !shs_stored_number_read(&max_s, own[MAX])
        || max_s < APR_INT32_MIN || max_s > APR_INT32_MAX) {
        return "its session:maxInactiveInterval is not a time";
    }
    metadata->created_at = created * 1000;
    if (max_s > 0) {
        metadata->idle = apr_time_from_sec(max_s);
        shs_session_set_expiry(session,
                               shs_stored_time_expiry(accessed + max_s * 1000));
    }
    if (is_over) {
        shs_session_set_expiry(session, shs_stored_time_expiry(0));
    }
    return NULL;
}

static void read_attribute(shs_session_t *session, shs_stored_values_t *values,
                           const shs_record_field_t *field)
{
    const char *wrong = shs_metadata_is_reserved(field->name)
                            ? "an attribute's name begins with '@'"
                            : shs_stored_value_append(
                                values, session, field->name, field->value);

    if (wrong) {
        shs_session_append_opaque(session, field->name, wrong);
    }
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    shs_session_t *session = shs_session_create(2 * record->count, p);
    shs_stored_values_t values = { NULL, p };
    shs_octets_t own[OWN + 1] = { { NULL, 0 } };
    const char *wrong;
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        const shs_record_field_t *field = &record->fields[i];
        apr_size_t at = find_own(field->name);

        if (at < OWN) {
            own[at] = field->value;
        }
        else if (field->name.len > 0 && shs_wanted_has(wanted, field->name)) {
            read_attribute(session, &values, field);
        }
    }
    wrong = read_own(session, own);
    if (!wrong) {
        *out = session;
    }
    return wrong;
}

static const shs_octets_t *fields(apr_size_t *count, const shs_wanted_t *wanted,
                                  apr_pool_t *p)
{
    shs_octets_t *names =
        apr_palloc(p, (NEEDED + wanted->count) * sizeof(*names));
    apr_size_t i;

    *count = 0;
    while (*count < NEEDED) {
        names[*count] = shs_octets_of(own_names[*count]);
        ++*count;
    }
    for (i = 0; i < wanted->count; ++i) {
        if (find_own(wanted->names[i]) == OWN) {
            names[(*count)++] = wanted->names[i];
        }
    }
    return names;
}

const shs_codec_t shs_codec_redisson = { "redisson", SHS_SHAPE_FIELDS,
                                         "",         decode,
                                         NULL,       fields };
