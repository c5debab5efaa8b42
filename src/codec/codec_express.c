/* SPDX-License-Identifier: Apache-2.0
 *
 * The formats express and fastify: what express-session with connect-redis, and
 * @fastify/session with the same store, write: JSON.stringify() of the session.
 * Its member "cookie" describes the cookie and is no attribute:
 *
 *   originalMaxAge   the idle timeout in milliseconds; null: none
 *   expires          when the cookie ends. express-session does not read it
 *                    back and leaves it as it is when it extends a session, so
 *                    it says nothing. @fastify/session refuses a session whose
 *                    `expires` is over (lib/fastifySession.js)
 */
#include "codec/codec.h"

#include "codec/json_record.h"
#include "codec/stored_time.h"

static const char *const own_names[] = { "cookie", NULL };

/* A value that is not a number is no idle timeout. */
static void read_idle(shs_session_t *session, const shs_value_t *max_age)
{
    apr_int64_t ms;

    if (max_age && max_age->kind == SHS_KIND_NUMBER
        && shs_stored_time_read_number(&ms, max_age->text) && ms > 0) {
        shs_session_metadata(session)->idle =
            apr_time_from_sec((ms + 999) / 1000);
    }
}

static const char *read_express(shs_session_t *session,
                                const shs_session_t *own)
{
    const shs_value_t *cookie = shs_json_record_own(own, "cookie");

    if (!cookie || cookie->kind != SHS_KIND_OBJECT) {
        return "it has no member cookie, as the framework writes it";
    }
    read_idle(session, shs_json_record_member(own, cookie, "originalMaxAge"));
    return NULL;
}

static const char *read_fastify(shs_session_t *session,
                                const shs_session_t *own)
{
    const shs_value_t *expires = shs_json_record_member(
        own, shs_json_record_own(own, "cookie"), "expires");
    apr_int64_t ms;

    if (expires && expires->kind != SHS_KIND_NULL) {
        int is_time = expires->kind == SHS_KIND_NUMBER
                          ? shs_stored_time_read_number(&ms, expires->text)
                          : expires->kind == SHS_KIND_STRING
                                && shs_stored_time_read_iso(&ms, expires->text);

        if (!is_time) {
            return "its member cookie.expires is not a time";
        }
        shs_session_set_expiry(session, shs_stored_time_expiry(ms));
    }
    return read_express(session, own);
}

static const char *decode_express(shs_session_t **out,
                                  const shs_record_t *record,
                                  const shs_wanted_t *wanted, apr_pool_t *p)
{
    return shs_json_record_decode(out, record, wanted, own_names, read_express,
                                  p);
}

static const char *decode_fastify(shs_session_t **out,
                                  const shs_record_t *record,
                                  const shs_wanted_t *wanted, apr_pool_t *p)
{
    return shs_json_record_decode(out, record, wanted, own_names, read_fastify,
                                  p);
}

const shs_codec_t shs_codec_express = { "express", SHS_SHAPE_STRING,
                                        "",        decode_express,
                                        NULL,      NULL };

const shs_codec_t shs_codec_fastify = { "fastify", SHS_SHAPE_STRING,
                                        "",        decode_fastify,
                                        NULL,      NULL };
