/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/codec.h"

#include <assert.h>
#include <string.h>

#include <apr_strings.h>

static const shs_codec_t *const codecs[] = {
    &shs_codec_hash,
    &shs_codec_json,
    &shs_codec_form,
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

const char *shs_codec_decode(shs_session_t **out, const shs_codec_t *codec,
                             const shs_record_t *record, apr_pool_t *p)
{
    const char *error;

    assert(record->shape == codec->shape);
    *out = NULL;
    error = codec->decode(out, record, p);
    assert((error == NULL) == (*out != NULL));
    return error;
}
