/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include <assert.h>
#include <string.h>

#include <apr_strings.h>

static const shs_codec_t *const codecs[] = {
    &shs_codec_hash,      &shs_codec_json,    &shs_codec_form,
    &shs_codec_express,   &shs_codec_fastify, &shs_codec_koa,
    &shs_codec_lemonldap, &shs_codec_spring,  &shs_codec_redisson,
    &shs_codec_tomcat,
};

const shs_codec_t *shs_codec_find(const char *name)
{
    apr_size_t i;

    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); ++i) {
        if (!strcmp(name, codecs[i]->name)) {
            return codecs[i];
        }
    }
    return NULL;
}

const char *shs_codec_describe_names(apr_pool_t *p)
{
    const char *names = codecs[0]->name;
    apr_size_t i;

    for (i = 1; i < sizeof(codecs) / sizeof(codecs[0]); ++i) {
        names = apr_pstrcat(p, names, ", ", codecs[i]->name, NULL);
    }
    return names;
}

shs_shape_t shs_codec_shape(const shs_codec_t *codec)
{
    return codec->shape;
}

shs_octets_t shs_codec_rotated(const shs_codec_t *codec)
{
    shs_octets_t rotated = { codec->rotated, strlen(codec->rotated) };

    return rotated;
}

int shs_codec_is_foreign(const shs_codec_t *codec)
{
    return codec->edit == NULL;
}

const shs_octets_t *shs_codec_fields(apr_size_t *count,
                                     const shs_codec_t *codec,
                                     const shs_wanted_t *wanted, apr_pool_t *p)
{
    *count = 0;
    return codec->fields && wanted->names ? codec->fields(count, wanted, p)
                                          : NULL;
}

const char *shs_codec_decode(shs_session_t **out, const shs_codec_t *codec,
                             const shs_record_t *record,
                             const shs_wanted_t *wanted, apr_pool_t *p)
{
    const char *error;

    assert(record->shape == codec->shape);
    *out = NULL;
    error = codec->decode(out, record, wanted, p);
    assert((error == NULL) == (*out != NULL));
    return error;
}

/* Checks that the new string can be read again; else it must not be written. */
static const char *check(const shs_codec_t *codec, const shs_edit_t *edit,
                         apr_pool_t *p)
{
    shs_record_t record = { SHS_SHAPE_STRING, edit->string, NULL, 0, 0 };
    shs_session_t *session;

    return codec->shape == SHS_SHAPE_STRING ? shs_codec_decode(
               &session, codec, &record, &shs_wanted_everything, p)
                                            : NULL;
}

const char *shs_codec_edit(shs_edit_t *out, const shs_codec_t *codec,
                           const shs_record_t *old, const shs_change_t *change,
                           shs_codec_extent_t extent, apr_pool_t *p)
{
    const char *error;

    assert(!old || old->shape == codec->shape);
    memset(out, 0, sizeof(*out));
    if (!codec->edit) {
        return "the sessions are another program's";
    }
    error = codec->edit(out, old, change, extent, p);
    return error ? error : check(codec, out, p);
}
