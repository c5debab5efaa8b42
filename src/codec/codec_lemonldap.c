/* SPDX-License-Identifier: Apache-2.0
 *
 * The format lemonldap: what LemonLDAP::NG keeps with
 * Apache::Session::Browseable::Redis: a JSON object. Its own members:
 *
 *   _session_id     the session's id, which is a secret: no attribute
 *   _session_kind   "SSO" for a person's session. Others, such as "Persistent",
 *                   are no logins
 *   _utime          when it was created, in seconds since the epoch. A session
 *                   ends a fixed time after that: the key has no time to live
 */
#include "codec/codec.h"

#include "codec/json_record.h"
#include "codec/stored_time.h"

static const char *const own_names[] = { "_session_id", "_session_kind",
                                         "_utime", NULL };

static const char *read_own(shs_session_t *session, const shs_session_t *own)
{
    const shs_value_t *kind = shs_json_record_own(own, "_session_kind");
    const shs_value_t *utime = shs_json_record_own(own, "_utime");
    apr_int64_t seconds;

    if (kind
        && (kind->kind != SHS_KIND_STRING
            || !shs_octets_are_text(kind->text, "SSO"))) {
        return "a record of another kind than SSO";
    }
    if (!utime) {
        return "no member _utime";
    }
    if ((utime->kind != SHS_KIND_NUMBER && utime->kind != SHS_KIND_STRING)
        || !shs_stored_time_read_number(&seconds, utime->text) || seconds <= 0
        || seconds > SHS_STORED_TIME_MOST / 1000) {
        return "its member _utime is not a time";
    }
    shs_session_metadata(session)->created_at = apr_time_from_sec(seconds);
    return NULL;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    return shs_json_record_decode(out, record, wanted, own_names, read_own, p);
}

const shs_codec_t shs_codec_lemonldap = { "lemonldap", SHS_SHAPE_STRING,
                                          "",          decode,
                                          NULL,        NULL };
