/* SPDX-License-Identifier: Apache-2.0
 *
 * place_warning: how a place uses sessions, and what is said of it. Part of
 * place. All texts are from p.
 */
#ifndef SHS_CONFIG_CHECK_PLACE_WARNING_H
#define SHS_CONFIG_CHECK_PLACE_WARNING_H

#include "config/settings.h"

/* How a place stores sessions: under which keys, in which format. */
typedef struct shs_place_use_t {
    const shs_key_t *key;
    const shs_codec_t *codec;
    const shs_expiry_rule_t *expiry;
    int is_partial; /* SharedSessionAttributes names some */
    int is_signed;  /* SharedSessionCookie sign= */
    int has_profile;
    const char *key_line; /* "file:line", or NULL: not configured */
    const char *format_line;
    const char *enabled_line;
    int is_off; /* SharedSession Off */
    int is_on;  /* SharedSession On; neither: not configured */
} shs_place_use_t;

/* Its key, or its format, and where that is configured. */
const char *shs_place_warning_describe_key(const shs_place_use_t *use,
                                           apr_pool_t *p);
const char *shs_place_warning_describe_format(const shs_place_use_t *use,
                                              apr_pool_t *p);

/* Why the expiry rule does not fit the format or the key, and the cure; NULL:
 * it does. */
const char *shs_place_warning_check_expiry(const shs_place_use_t *use,
                                           apr_pool_t *p);

/* Why SharedSessionAttributes has no effect, and the cure; NULL: it has. */
const char *shs_place_warning_check_partial(const shs_place_use_t *use,
                                            apr_pool_t *p);

/* That one of two places with the same key needs no signature. */
const char *shs_place_warning_describe_unsigned(const shs_place_use_t *a,
                                                const shs_place_use_t *b,
                                                const char *store,
                                                apr_pool_t *p);

#endif
