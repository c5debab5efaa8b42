/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check/place_warning.h"

#include <apr_strings.h>

const char *shs_place_warning_describe_key(const shs_place_use_t *use,
                                           apr_pool_t *p)
{
    return apr_psprintf(p, "%s (%s)", shs_key_describe(use->key),
                        use->key_line       ? use->key_line
                        : use->enabled_line ? use->enabled_line
                                            : "default");
}

const char *shs_place_warning_describe_format(const shs_place_use_t *use,
                                              apr_pool_t *p)
{
    return apr_psprintf(p, "%s (%s)", use->codec->name,
                        use->format_line    ? use->format_line
                        : use->key_line     ? use->key_line
                        : use->enabled_line ? use->enabled_line
                                            : "default");
}

const char *shs_place_warning_check_expiry(const shs_place_use_t *use,
                                           apr_pool_t *p)
{
    int is_native = shs_expiry_rule_is_native(use->expiry);
    const char *reason;

    if (!shs_codec_is_foreign(use->codec)
        && shs_key_prefix_len(use->key) == 0) {
        return apr_psprintf(p,
                            "the format %s beside the keys of a framework's"
                            " profile, which have no prefix: sessions are only"
                            " read and ended; set the framework's format, or a"
                            " SharedSessionKey",
                            shs_place_warning_describe_format(use, p));
    }
    if (!shs_codec_is_foreign(use->codec)) {
        return is_native ? NULL
                         : apr_psprintf(
                             p,
                             "SharedSessionExpiry %s is for sessions of a"
                             " framework, and has no effect on the format %s:"
                             " remove it, or set the framework's format",
                             use->expiry->name,
                             shs_place_warning_describe_format(use, p));
    }
    if (is_native) {
        return apr_psprintf(p,
                            "sessions of the format %s are not touched, because"
                            " SharedSessionExpiry does not say how: add it, as"
                            " in SharedSessionExpiry expire, or use"
                            " SharedSessionProfile",
                            shs_place_warning_describe_format(use, p));
    }
    reason = shs_expiry_rule_check(use->expiry, use->codec->shape,
                                   shs_key_prefix(use->key));
    return reason ? apr_psprintf(p, "SharedSessionExpiry %s beside %s: %s",
                                 use->expiry->name,
                                 shs_place_warning_describe_key(use, p), reason)
                  : NULL;
}

const char *shs_place_warning_check_partial(const shs_place_use_t *use,
                                            apr_pool_t *p)
{
    return use->is_partial && !shs_codec_is_foreign(use->codec)
               ? apr_psprintf(p,
                              "SharedSessionAttributes is for sessions of a"
                              " framework, and has no effect on the format %s:"
                              " remove it, or set the framework's format",
                              shs_place_warning_describe_format(use, p))
               : NULL;
}

const char *shs_place_warning_describe_unsigned(const shs_place_use_t *a,
                                                const shs_place_use_t *b,
                                                const char *store,
                                                apr_pool_t *p)
{
    return apr_psprintf(
        p,
        "SharedSessionKey %s in the store %s is read without a"
        " signature of the cookie, and elsewhere with one (%s):"
        " there a client needs no secret; write the same sign="
        " and secret-file= for both, or SharedSessionProfile",
        shs_place_warning_describe_key(a->is_signed ? b : a, p), store,
        shs_place_warning_describe_format(a->is_signed ? a : b, p));
}
