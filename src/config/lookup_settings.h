/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_settings: the part of a place's settings that the result of a lookup
 * depends on. Two places with the same part share one lookup.
 */
#ifndef SHS_CONFIG_LOOKUP_SETTINGS_H
#define SHS_CONFIG_LOOKUP_SETTINGS_H

#include "config/settings.h"

typedef struct shs_lookup_settings_t {
    shs_cookie_options_t cookie_options;
    const shs_key_t *key;
    const shs_codec_t *codec;
    shs_wanted_t wanted;
    apr_size_t max_size;
    apr_interval_time_t absolute;
} shs_lookup_settings_t;

/* Whether two places look up sessions in the same way, so that one lookup
 * serves both. */
int shs_lookup_settings_is_same(const shs_lookup_settings_t *a,
                                const shs_settings_t *b);

/* Extracts what is_same() compares: a directory's settings live only as
 * long as the request they were merged for, but what these point to lives as
 * long as the configuration. */
shs_lookup_settings_t shs_lookup_settings_of(const shs_settings_t *settings);

#endif
