/* SPDX-License-Identifier: Apache-2.0
 *
 * access: the values of SharedSessionUser, SharedSessionLogin and
 * SharedSessionForbidden. Part of the settings of a directory
 * (config/settings.h): `set` says whether the place sets the option.
 */
#ifndef SHS_CONFIG_ACCESS_H
#define SHS_CONFIG_ACCESS_H

#include "session/json/path.h"

/* Where a person logs in. */
typedef struct shs_login_t {
    const char *url;       /* a path of this server, or an absolute URL */
    const char *path;      /* of the URL, decoded, without the query */
    const char *host;      /* of an absolute URL; NULL: this server */
    const char *parameter; /* gets the page that was asked for; NULL: none */
    int status;            /* HTTP_MOVED_TEMPORARILY or HTTP_SEE_OTHER */
} shs_login_t;

typedef struct shs_login_option_t {
    int set;
    const shs_login_t *value; /* NULL: none */
} shs_login_option_t;

typedef struct shs_user_option_t {
    int set;
    const shs_path_t *value; /* the attribute that names the user; NULL: none */
} shs_user_option_t;

typedef struct shs_page_option_t {
    int set;
    const char *value; /* the path of the page for a 403; NULL: httpd's own */
} shs_page_option_t;

#endif
