/* SPDX-License-Identifier: Apache-2.0
 *
 * defaults: the values of the directives that are not configured, and of
 * options that a directive does not give. On/Off directives are Off by default,
 * but for SharedSessionCache. The options of SharedSessionStore have their
 * defaults in redis/endpoint/endpoint_option.c, set_defaults(); the
 * default key is in session/id/key.c, the default format in config/settings.c.
 */
#ifndef SHS_CONFIG_DEFAULTS_H
#define SHS_CONFIG_DEFAULTS_H

#include <apr_time.h>

#include "session/lifetime.h"

#define SHS_DEFAULT_COOKIE_NAME  "JSESSIONID"
#define SHS_DEFAULT_COOKIE_ROUTE '.' /* what follows it is no part of the id */
#define SHS_DEFAULT_MAX_SIZE     (64 * 1024)
#define SHS_DEFAULT_NOTE_PREFIX  "session."

/* SharedSessionExposeLimit, in octets. */
#define SHS_DEFAULT_EXPOSED_HEADERS (4 * 1024)
#define SHS_DEFAULT_EXPOSED_ENV     (32 * 1024)

#define SHS_DEFAULT_IDLE_TIMEOUT     apr_time_from_sec(30 * 60)
#define SHS_DEFAULT_ABSOLUTE_TIMEOUT apr_time_from_sec(12 * 60 * 60)
#define SHS_DEFAULT_ABSOLUTE_TEXT    "12h" /* the same */
#define SHS_DEFAULT_TOUCH            SHS_LIFETIME_SIXTH
#define SHS_DEFAULT_ROTATE_GRACE     apr_time_from_sec(10)

/* SharedSessionCache, sizes in octets. */
#define SHS_DEFAULT_CACHE_IS_ON     1
#define SHS_DEFAULT_CACHE_SIZE      (16 * 1024 * 1024)
#define SHS_DEFAULT_CACHE_MAX_ENTRY (4 * 1024)
#define SHS_DEFAULT_CACHE_TTL       apr_time_from_sec(5 * 60)
#define SHS_DEFAULT_CACHE_LEASE     apr_time_from_sec(2)
#define SHS_DEFAULT_CACHE_NEGATIVE  apr_time_from_sec(1)

#endif
