/* SPDX-License-Identifier: Apache-2.0
 *
 * settings: the values of the directives, per server and per directory, with
 * their defaults. They are created while the configuration is read (and for
 * each .htaccess file), merged by httpd from the outside in, then read only.
 */
#ifndef SHS_CONFIG_SETTINGS_H
#define SHS_CONFIG_SETTINGS_H

#include <httpd.h>
#include <http_config.h>

#include "codec/codec.h"
#include "codec/expiry/expiry_rule.h"
#include "config/access.h"
#include "config/cookie_options.h"
#include "config/option_types.h"
#include "config/rule.h"
#include "config/server.h"
#include "session/id/key.h"

extern module AP_MODULE_DECLARE_DATA shared_session_module;

/* The handler of the JSON resource. */
#define SHS_SETTINGS_HANDLER "shared-session"

/* How many octets of names and values a session may add to one request. */
typedef struct shs_expose_limit_t {
    apr_size_t headers;
    apr_size_t env;
} shs_expose_limit_t;

/* Per directory. `set` says whether this place sets the option; otherwise the
 * value is the default. */
typedef struct shs_settings_t {
    shs_flag_t enabled;
    /* Set outside of .htaccess only: SharedSession On, without which sessions
     * are read and touched, but not written; SetHandler shared-session. */
    shs_flag_t granted;
    shs_flag_t resource;
    struct {
        int set;
        int value; /* it is that of a framework ... */
        const shs_cookie_options_t *cookie_options; /* ... and sets these */
    } profile;
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
    shs_flag_t denies;          /* SharedSessionFailure deny */
    shs_span_t stale;           /* 0: nothing stale is served */
    shs_flag_t decides_without; /* SharedSessionFailure decide=none: without an
                                 * answer of the store, requirements and
                                 * expressions see a request without session */
    struct {
        int set;
        const shs_expiry_rule_t *value;
    } expiry;
    struct {
        int set;
        shs_wanted_t value;
    } wanted; /* of a framework's session: SharedSessionAttributes */
    struct {
        int set;
        apr_size_t value;
    } max_size;
    shs_span_t idle;   /* of a session that does not set it itself */
    shs_flag_t adopts; /* `idle` applies to other programs' sessions too */
    shs_span_t absolute;
    shs_span_t touch; /* as in session/lifetime.h */
    shs_span_t grace;
    shs_flag_t control;
    struct {
        int set;
        shs_expose_limit_t value;
    } expose_limit;
    shs_user_option_t user;
    shs_login_option_t login;
    shs_page_option_t forbidden;
    shs_rules_t notes;
    shs_rules_t env;
    shs_rules_t headers;
} shs_settings_t;

void *shs_settings_create(apr_pool_t *p, char *directory);
void *shs_settings_merge(apr_pool_t *p, void *outer, void *inner);
void *shs_settings_create_server(apr_pool_t *p, server_rec *s);
void *shs_settings_merge_server(apr_pool_t *p, void *outer, void *inner);

/* The settings of a request (as its directories are now) or a server. */
const shs_settings_t *shs_settings_of(const request_rec *r);
const shs_server_settings_t *shs_settings_of_server(const server_rec *s);

/* Whether a framework owns the sessions of the place: by the format, or because
 * their keys have no prefix, as only a framework's profile sets it. */
int shs_settings_is_foreign(const shs_settings_t *settings);

/* "file:line" of a SharedSession On in the server's own configuration that is
 * in force, or NULL. */
const char *shs_settings_find_enabled_line(
    const shs_server_settings_t *settings);

/* The rules for notes; "session.* *" if no directive sets any. */
const apr_array_header_t *shs_settings_notes(const shs_settings_t *settings);

#endif
