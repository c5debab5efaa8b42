/* SPDX-License-Identifier: Apache-2.0
 *
 * The format koa: what koa-session with koa-redis writes: JSON.stringify() of
 * the session and of members of its own (koa-session, lib/session.js):
 *
 *   _expire    when the session ends, in milliseconds since the epoch. koa
 *              refuses a session that is over, whatever its key has left
 *   _maxAge    the idle timeout, in milliseconds
 *   _session   true instead of both: the session ends with the browser's
 */
#include "codec/codec.h"

#include "codec/json_record.h"
#include "codec/stored_time.h"

static const char *const own_names[] = { "_expire", "_maxAge", "_session",
                                         NULL };

static const char *read_own(shs_session_t *session, const shs_session_t *own)
{
    const shs_value_t *expire = shs_json_record_own(own, "_expire");
    apr_int64_t ms;

    /* The id may be the whole key, and lead to what another program wrote. */
    if (!expire && !shs_json_record_own(own, "_session")) {
        return "it has no member _expire or _session, as koa-session writes";
    }
    if (expire && expire->kind != SHS_KIND_NULL) {
        if (expire->kind != SHS_KIND_NUMBER
            || !shs_stored_time_read_number(&ms, expire->text)) {
            return "its member _expire is not a time";
        }
        shs_session_set_expiry(session, shs_stored_time_expiry(ms));
    }
    return NULL;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    return shs_json_record_decode(out, record, wanted, own_names, read_own, p);
}

const shs_codec_t shs_codec_koa = { "koa", SHS_SHAPE_STRING, "", decode, NULL,
                                    NULL };
