/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cookie_options.h"

#include <string.h>

void shs_cookie_options_inherit(shs_cookie_options_t *out,
                                const shs_cookie_options_t *base)
{
    unsigned given = out->given;
    const char *prefix = base->steps.pattern.prefix;

    if (!(given & SHS_COOKIE_GAVE_NAMES)) {
        out->names = base->names;
    }
    if (!(given & SHS_COOKIE_GAVE_DECODE)) {
        out->steps.decode = base->steps.decode;
    }
    if (!(given & SHS_COOKIE_GAVE_SIGN)) {
        out->steps.sign = base->steps.sign;
    }
    if (!(given & SHS_COOKIE_GAVE_SECRETS)) {
        out->steps.secrets = base->steps.secrets;
    }
    if (!(given & SHS_COOKIE_GAVE_ROUTE)) {
        out->steps.route = base->steps.route;
    }
    if (!(given & SHS_COOKIE_GAVE_PARAMETER)) {
        out->parameter = base->parameter;
    }
    if ((given & SHS_COOKIE_GAVE_EXTRAS)
        && !shs_id_pattern_is_strict(&base->steps.pattern)) {
        memset(&out->steps.pattern, 0, sizeof(out->steps.pattern));
        out->steps.pattern.prefix = prefix;
    }
    else {
        out->steps.extras = base->steps.extras;
        out->steps.pattern = base->steps.pattern;
    }
}

static int is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static int are_same_names(const char *const *a, const char *const *b)
{
    int i;

    if (a == b) {
        return 1;
    }
    for (i = 0; a[i] && is_same_text(a[i], b[i]); ++i) {
        continue;
    }
    return a[i] == b[i];
}

int shs_cookie_options_is_same(const shs_cookie_options_t *a,
                               const shs_cookie_options_t *b)
{
    return are_same_names(a->names, b->names)
           && shs_id_steps_is_equal(&a->steps, &b->steps)
           && is_same_text(a->parameter, b->parameter);
}
