/* SPDX-License-Identifier: Apache-2.0
 *
 * profile: what SharedSessionProfile sets for the sessions of one framework:
 * how a cookie becomes an id, the key, the format, and the expiry rule with its
 * times. Each of these has a directive of its own, which overrides the profile.
 */
#ifndef SHS_CONFIG_DIRECTIVE_PROFILE_H
#define SHS_CONFIG_DIRECTIVE_PROFILE_H

#include "config/settings.h"

/* Longer than any absolute timeout that a directive can set: the framework
 * decides alone. */
#define SHS_PROFILE_NO_ABSOLUTE apr_time_from_sec(APR_INT64_C(3155760000))

typedef struct shs_profile_t {
    shs_cookie_options_t cookie_options; /* its `given` is 0 */
    const shs_key_t *key;
    const shs_codec_t *codec;
    const shs_expiry_rule_t *expiry;
    apr_interval_time_t idle; /* of a session that does not say it itself */
    apr_interval_time_t absolute;
    int is_unsigned; /* it needs secrets, which SharedSessionCookie must give */
} shs_profile_t;

/* Parses the name and the options of a profile. Returns NULL and sets *out,
 * whose parts are from p or static; or what is wrong and the cure. The words
 * must live as long as p. Paths in them are absolute. */
const char *shs_profile_parse(shs_profile_t *out, int count,
                              char *const words[], apr_pool_t *p);

#endif
