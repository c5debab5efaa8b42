/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/id_options.h"

#include <strings.h>

#include <apr_strings.h>

const char *shs_id_options_parse_decode(shs_id_steps_t *out, const char *value)
{
    static const struct {
        const char *word;
        unsigned decode;
    } words[] = {
        { "none", 0 },
        { "percent", SHS_DECODE_PERCENT },
        { "base64", SHS_DECODE_BASE64 },
        { "percent,base64", SHS_DECODE_PERCENT | SHS_DECODE_BASE64 },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); ++i) {
        if (!strcasecmp(value, words[i].word)) {
            out->decode = words[i].decode;
            return NULL;
        }
    }
    return "write percent, base64, percent,base64 or none";
}

const char *shs_id_options_parse_sign(shs_id_steps_t *out, const char *value)
{
    static const struct {
        const char *word;
        shs_sign_t sign;
    } words[] = {
        { "none", SHS_SIGN_NONE },
        { "express", SHS_SIGN_EXPRESS },
        { "fastify", SHS_SIGN_FASTIFY },
        { "koa", SHS_SIGN_KOA },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); ++i) {
        if (!strcasecmp(value, words[i].word)) {
            out->sign = words[i].sign;
            return NULL;
        }
    }
    return "write express, fastify, koa or none: whose signatures the cookies"
           " have";
}

const char *shs_id_options_parse_secrets(shs_id_steps_t *out, const char *value,
                                         apr_pool_t *p)
{
    return shs_secret_file_create(&out->secrets, value, p);
}

const char *shs_id_options_check(const shs_id_steps_t *steps, apr_pool_t *p)
{
    if (steps->sign != SHS_SIGN_NONE && !steps->secrets) {
        return "sign= needs secret-file=PATH, a file with the secrets of the"
               " application, one in each line";
    }
    if (steps->sign == SHS_SIGN_NONE && steps->secrets) {
        return "secret-file= needs sign=express, fastify or koa, which says"
               " how the cookies are signed; or remove it";
    }
    if (steps->sign != SHS_SIGN_NONE && steps->decode & SHS_DECODE_BASE64) {
        return "decode=base64 beside sign=: no framework encodes an id that it"
               " signs; write decode=percent";
    }
    if (steps->route != SHS_SESSION_ID_NO_ROUTE
        && !shs_session_id_is_allowed(steps->route, 0)
        && shs_session_id_is_allowed(steps->route, steps->extras)) {
        return apr_psprintf(p,
                            "'%c' cannot be both the route= and one of"
                            " id-chars=: ids would be cut there",
                            steps->route);
    }
    return NULL;
}
