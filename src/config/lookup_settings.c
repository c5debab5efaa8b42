/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lookup_settings.h"

int shs_lookup_settings_is_same(const shs_lookup_settings_t *a,
                                const shs_settings_t *b)
{
    return shs_cookie_options_is_same(&a->cookie_options,
                                      &b->cookie_options.value)
           && shs_key_is_equal(a->key, b->key.value)
           && a->codec == b->codec.value
           && shs_wanted_is_equal(&a->wanted, &b->wanted.value)
           && a->max_size == b->max_size.value
           && a->absolute == b->absolute.value;
}

shs_lookup_settings_t shs_lookup_settings_of(const shs_settings_t *settings)
{
    shs_lookup_settings_t lookup;

    lookup.cookie_options = settings->cookie_options.value;
    lookup.key = settings->key.value;
    lookup.codec = settings->codec.value;
    lookup.wanted = settings->wanted.value;
    lookup.max_size = settings->max_size.value;
    lookup.absolute = settings->absolute.value;
    return lookup;
}
