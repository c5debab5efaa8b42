/* SPDX-License-Identifier: Apache-2.0
 *
 * settings: what the directives said, per server and per directory, and what
 * holds where they said nothing. Made while the configuration is read (and for
 * each .htaccess file), merged by httpd from the outside in, then read only.
 */
#ifndef SHS_CONFIG_SETTINGS_H
#define SHS_CONFIG_SETTINGS_H

#include <httpd.h>
#include <http_config.h>

#include "codec/codec.h"
#include "config/rule.h"
#include "config/server.h"
#include "session/id/key.h"
#include "session/id/set_cookie.h"

extern module AP_MODULE_DECLARE_DATA shared_session_module;

/* How many names of cookies there may be. */
#define SHS_COOKIE_OPTIONS_MAX_NAMES 32

/* The handler of the JSON resource. */
#define SHS_SETTINGS_HANDLER "shared-session"

/* On or Off. */
typedef struct shs_flag_t {
    int set;
    int value;
} shs_flag_t;

typedef struct shs_span_t {
    int set;
    apr_interval_time_t value;
} shs_span_t;

/* Where the id is looked for, and where one of ours is put. */
typedef struct shs_cookie_options_t {
    const char *const *names; /* of cookies, NULL-terminated */
    char route;               /* cuts the balancer's route off, or
                               * SHS_SESSION_ID_NO_ROUTE */
    unsigned char extras;     /* characters that ids may have: see ident.h */
    const char *parameter;    /* of the path (";jsessionid="); NULL: none */
    shs_set_cookie_t cookie;  /* how the first of them is set */
} shs_cookie_options_t;

/* How many octets of names and values may be added to one request. */
typedef struct shs_expose_limit_t {
    apr_size_t headers;
    apr_size_t env;
} shs_expose_limit_t;

/* Per directory. An option is set here or not; its value is the default when
 * it is not. */
typedef struct shs_settings_t {
    shs_flag_t enabled;
    /* SharedSession On, said outside of .htaccess: without it sessions are read
     * and kept alive, and not written to; and SetHandler shared-session, said
     * there too. */
    shs_flag_t granted;
    shs_flag_t resource;
    struct {
        int set;
        shs_cookie_options_t value;
    } cookie_options;
    struct {
        int set;
        const shs_key_t *value;
    } key;
    struct {
        int set;
        const shs_codec_t *value;
    } codec;
    shs_flag_t denies; /* SharedSessionFailure deny */
    shs_span_t stale;  /* 0: nothing stale is served */
    struct {
        int set;
        apr_size_t value;
    } max_size;
    shs_span_t idle;   /* of a session that does not say it itself */
    shs_flag_t adopts; /* sessions of other programs get it too */
    shs_span_t absolute;
    shs_span_t touch; /* 0: requests keep no session alive */
    shs_span_t grace;
    shs_flag_t control;
    struct {
        int set;
        shs_expose_limit_t value;
    } expose_limit;
    shs_rules_t notes;
    shs_rules_t env;
    shs_rules_t headers;
} shs_settings_t;

void *shs_settings_create(apr_pool_t *p, char *directory);
void *shs_settings_merge(apr_pool_t *p, void *outer, void *inner);
void *shs_settings_create_server(apr_pool_t *p, server_rec *s);
void *shs_settings_merge_server(apr_pool_t *p, void *outer, void *inner);

/* What holds for a request (as its directories say now) or a server. */
const shs_settings_t *shs_settings_of(const request_rec *r);
const shs_server_settings_t *shs_settings_of_server(const server_rec *s);

/* "file:line" of a SharedSession On in the server's own configuration that is
 * in force, or NULL. */
const char *shs_settings_find_enabled_line(
    const shs_server_settings_t *settings);

/* Whether two places look the session up in the same way, so that one lookup
 * serves both. */
int shs_settings_is_same_lookup(const shs_settings_t *a,
                                const shs_settings_t *b);

/* A copy, in p, of what is_same_lookup() compares, for as long as p lives: the
 * settings of a directory live only as long as the request they were merged
 * for. Rules are not copied. */
const shs_settings_t *shs_settings_copy_lookup(const shs_settings_t *settings,
                                               apr_pool_t *p);

/* The notes' rules, which are "session.* *" where no directive gave any. */
const apr_array_header_t *shs_settings_notes(const shs_settings_t *settings);

#endif
