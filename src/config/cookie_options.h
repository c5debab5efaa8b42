/* SPDX-License-Identifier: Apache-2.0
 *
 * cookie_options: where the session id is looked for, how a value becomes an
 * id, and how the session cookie is set. SharedSessionCookie sets them, and a
 * profile those that the directive does not give.
 */
#ifndef SHS_CONFIG_COOKIE_OPTIONS_H
#define SHS_CONFIG_COOKIE_OPTIONS_H

#include "session/id/id_steps.h"
#include "session/id/set_cookie.h"

#define SHS_COOKIE_OPTIONS_MAX_NAMES 32

/* What a directive gave, in its `given`. */
#define SHS_COOKIE_GAVE_NAMES     1
#define SHS_COOKIE_GAVE_DECODE    2
#define SHS_COOKIE_GAVE_SIGN      4
#define SHS_COOKIE_GAVE_SECRETS   8 /* secret-file= */
#define SHS_COOKIE_GAVE_ROUTE     16
#define SHS_COOKIE_GAVE_EXTRAS    32 /* id-chars= */
#define SHS_COOKIE_GAVE_PARAMETER 64 /* url= */

typedef struct shs_cookie_options_t {
    const char *const *names; /* of cookies, NULL-terminated */
    shs_id_steps_t steps;     /* from a value to an id */
    const char *parameter;    /* of the path (";jsessionid="); NULL: none */
    shs_set_cookie_t cookie;  /* attributes of the first of them */
    unsigned given;           /* of SHS_COOKIE_GAVE_* */
} shs_cookie_options_t;

/* Takes from `base`, a profile's options, what `out` was not given, except for
 * the attributes of the cookie. The pattern is the profile's, too. If `out` was
 * given id-chars=, only the pattern's prefix is, unless the pattern is strict
 * (session/id/id_pattern.h). What the pointers lead to is borrowed. */
void shs_cookie_options_inherit(shs_cookie_options_t *out,
                                const shs_cookie_options_t *base);

/* Whether both find the same ids in each request. */
int shs_cookie_options_is_same(const shs_cookie_options_t *a,
                               const shs_cookie_options_t *b);

#endif
