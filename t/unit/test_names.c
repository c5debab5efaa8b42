/* SPDX-License-Identifier: Apache-2.0
 *
 * config/names.c needs nothing of httpd, so it is compiled into this test.
 */
#include "config/names.h"

#include "unit.h"

static const struct {
    const char *a;
    const char *b;
    int is_same;
    const char *why;
} pairs[] = {
    { "X-User", "X-User", 1, "the same" },
    { "X-User", "x-uSER", 1, "letters of any case" },
    { "X-User", "X_User", 1, "CGI folds these" },
    { "X-User", "X.User", 1, "PHP folds these" },
    { "X-User", "X User", 1, "no letter and no digit" },
    { "X-User", "X~User", 1, "no letter and no digit" },
    { "X-User", "X\x80User", 1, "no letter and no digit" },
    { "X--User", "X-_User", 1, "one by one" },
    { "X-User", "XUser", 0, "the hyphen is not nothing" },
    { "X-User", "X--User", 0, "two are not one" },
    { "X-User", "X-User-", 0, "longer" },
    { "X-User", "X-User--", 0, "longer by two" },
    { "X-User-", "X-User_Y", 0, "longer behind the separator" },
    { "X-User", "X-Use", 0, "shorter" },
    { "X-User1", "X-User2", 0, "digits count" },
    { "X-User", "X-Usep", 0, "another letter" },
    { "-", "_", 1, "nothing else" },
    { "a", "-", 0, "a letter is no hyphen" },
    { "", "", 1, "nothing" },
    { "", "-", 0, "nothing and something" },
};

START_TEST(names_is_same__folds_as_programs_downstream_do)
{
    ck_assert_msg(!!shs_names_is_same(pairs[_i].a, pairs[_i].b)
                      == pairs[_i].is_same,
                  "%s", pairs[_i].why);
    ck_assert_msg(!!shs_names_is_same(pairs[_i].b, pairs[_i].a)
                      == pairs[_i].is_same,
                  "the other way round: %s", pairs[_i].why);
}
END_TEST

/* Octets that a locale's tolower() might fold, or that are 0x40 apart. */
START_TEST(names_is_same__folds_letters_only_with_letters)
{
    char a[2] = { (char)_i, '\0' };
    int other;

    for (other = 1; other < 256; other++) {
        char b[2] = { (char)other, '\0' };
        int is_alnum_a = (_i >= '0' && _i <= '9') || (_i >= 'A' && _i <= 'Z')
                         || (_i >= 'a' && _i <= 'z');
        int is_alnum_b = (other >= '0' && other <= '9')
                         || (other >= 'A' && other <= 'Z')
                         || (other >= 'a' && other <= 'z');
        int wanted = is_alnum_a && is_alnum_b
                         ? _i == other
                               || (_i >= 'A' && other >= 'A'
                                   && (_i | 0x20) == (other | 0x20))
                         : !is_alnum_a && !is_alnum_b;

        ck_assert_msg(!!shs_names_is_same(a, b) == wanted, "0x%02x, 0x%02x", _i,
                      other);
    }
}
END_TEST

static const struct {
    const char *name;
    int is_prefix;
    int is_taken;
    const char *why;
} headers[] = {
    { "X-User", 0, 1, "the plain case" },
    { "X_User", 0, 1, "an underscore" },
    { "Remote-User", 0, 1, "a name of its own" },
    { "X-Session-", 1, 1, "a wildcard" },
    { "Y", 1, 1, "a short wildcard" },
    { "X-", 1, 0, "would cover X-Forwarded-*" },
    { "X", 1, 0, "would cover X-Forwarded-*" },
    { "x_f", 1, 0, "would cover X-Forwarded-*, folded" },
    { "X-Forwarded-", 1, 0, "is X-Forwarded-*" },
    { "X-G", 1, 1, "does not cover it" },
    { "A", 1, 0, "would cover Accept* and Authorization" },
    { "P", 1, 0, "would cover Proxy*" },
    { "S", 1, 0, "would cover Sec-*" },
    { "X-Forwarded-For", 0, 0, "the client that proxies name" },
    { "X-Forwarded", 0, 1, "not X-Forwarded-*" },
    { "Forwarded", 0, 0, "the client that proxies name" },
    { "Via", 0, 0, "of the path" },
    { "Authorization", 0, 0, "the client's credentials" },
    { "Accept", 0, 0, "what the client can read" },
    { "Accept-Encoding", 0, 0, "what the client can read" },
    { "Origin", 0, 0, "what CORS relies on" },
    { "Referer", 0, 0, "what CSRF checks rely on" },
    { "Sec-Fetch-Site", 0, 0, "what CSRF checks rely on" },
    { "User-Agent", 0, 0, "the client's" },
    { "", 0, 0, "no name" },
    { "X User", 0, 0, "a space" },
    { "X:User", 0, 0, "a colon" },
    { "X.User", 0, 0, "no such character" },
    { "X-User\r\nY", 0, 0, "a line end" },
    { "X-\xc3\xa9", 0, 0, "not ASCII" },
    { "Host", 0, 0, "routing" },
    { "host", 0, 0, "in any case" },
    { "Cookie", 0, 0, "the session's own" },
    { "Connection", 0, 0, "hop by hop" },
    { "Content-Length", 0, 0, "framing" },
    { "Content_Length", 0, 0, "folded" },
    { "Content-Type", 0, 0, "of the body" },
    { "Content-Anything", 0, 0, "of the body" },
    { "Transfer-Encoding", 0, 0, "framing" },
    { "TRANSFER_ENCODING", 0, 0, "folded" },
    { "TE", 0, 0, "hop by hop" },
    { "Trailer", 0, 0, "framing" },
    { "Upgrade", 0, 0, "hop by hop" },
    { "Expect", 0, 0, "framing" },
    { "Keep-Alive", 0, 0, "hop by hop" },
    { "Proxy-Authorization", 0, 0, "hop by hop" },
    { "Proxy-Connection", 0, 0, "hop by hop" },
    { "Proxy", 0, 0, "httpoxy: HTTP_PROXY to a CGI program" },
    { "Range", 0, 0, "makes another response" },
    { "If-None-Match", 0, 0, "makes another response" },
    { "If-Modified-Since", 0, 0, "makes another response" },
    { "Hosts", 0, 1, "a longer name" },
    { "Cookie2", 0, 1, "a longer name" },
    { "Contents", 0, 1, "not Content-*" },
    { "TEst", 0, 1, "a longer name" },
    { "X-Session-Set", 0, 0, "a control header" },
    { "x_session_unset", 0, 0, "likewise, folded" },
    { "X-Session-Action", 0, 0, "likewise" },
    { "X-Session-Settings", 0, 1, "another name" },
    { "X-Session-", 1, 1, "an attribute that completes it to one is left out" },
    { "", 1, 0, "every header" },
    { "C", 1, 0, "would cover Cookie" },
    { "Co", 1, 0, "would cover Content-*" },
    { "Content-", 1, 0, "is Content-*" },
    { "Content-X-", 1, 0, "is within Content-*" },
    { "Ho", 1, 0, "would cover Host" },
    { "Host", 1, 0, "would cover Host" },
    { "Host-", 1, 1, "does not cover it" },
    { "T", 1, 0, "would cover TE" },
    { "If-", 1, 0, "is If-*" },
    { "I", 1, 0, "would cover If-*" },
    { "proxy_", 1, 0, "folded" },
};

START_TEST(names_check_header__refuses_headers_of_http)
{
    const char *wrong =
        shs_names_check_header(headers[_i].name, headers[_i].is_prefix, p);

    if (headers[_i].is_taken) {
        ck_assert_msg(!wrong, "%s%s was refused (%s): %s", headers[_i].name,
                      headers[_i].is_prefix ? "*" : "", wrong, headers[_i].why);
    }
    else {
        ck_assert_msg(wrong && *wrong, "%s%s was taken: %s", headers[_i].name,
                      headers[_i].is_prefix ? "*" : "", headers[_i].why);
    }
}
END_TEST

static const struct {
    const char *name;
    int is_reserved;
    const char *why;
} variables[] = {
    { "SESSION_USER", 0, "the plain case" },
    { "user", 0, "lower case" },
    { "HTTP_X_USER", 1, "a header, to CGI" },
    { "HTTP_PROXY", 1, "httpoxy" },
    { "SERVER_NAME", 1, "httpd's" },
    { "REMOTE_USER", 1, "the user logged in" },
    { "REMOTE_ADDR", 1, "the client's address" },
    { "REDIRECT_STATUS", 1, "an internal redirect's" },
    { "SSL_CLIENT_S_DN", 1, "a certificate's" },
    { "AUTH_TYPE", 1, "the user logged in" },
    { "CONTENT_LENGTH", 1, "framing" },
    { "CONTEXT_PREFIX", 1, "httpd's" },
    { "DOCUMENT_ROOT", 1, "which files" },
    { "SCRIPT_FILENAME", 1, "which program" },
    { "REQUEST_METHOD", 1, "httpd's" },
    { "QUERY_STRING", 1, "httpd's" },
    { "PATH", 1, "which programs" },
    { "PATH_INFO", 1, "httpd's" },
    { "PATHS", 0, "a longer name" },
    { "GATEWAY_INTERFACE", 1, "CGI's" },
    { "UNIQUE_ID", 1, "httpd's" },
    { "LD_PRELOAD", 1, "foreign code" },
    { "LD_LIBRARY_PATH", 1, "foreign code" },
    { "DYLD_INSERT_LIBRARIES", 1, "foreign code" },
    { "GCONV_PATH", 1, "foreign code" },
    { "BALANCER_WORKER_NAME", 1, "mod_proxy_balancer's" },
    { "PROXY_X", 1, "mod_proxy's" },
    { "SHARED_SESSION", 1, "ours" },
    { "SHARED_SESSION_X", 0, "a longer name" },
    { "HOME", 1, "a runtime's" },
    { "IFS", 1, "a shell's" },
    { "ENV", 1, "a shell's" },
    { "BASH_ENV", 1, "a shell's" },
    { "SHELL", 1, "a runtime's" },
    { "TZ", 1, "a runtime's" },
    { "LANG", 1, "a runtime's" },
    { "LC_ALL", 1, "a runtime's" },
    { "PERL5LIB", 1, "foreign code" },
    { "PYTHONPATH", 1, "foreign code" },
    { "RUBYOPT", 1, "foreign code" },
    { "NODE_OPTIONS", 1, "foreign code" },
    { "JAVA_TOOL_OPTIONS", 1, "foreign code" },
    { "PERL_UNICODE", 1, "foreign code" },
    { "PHPRC", 1, "foreign code" },
    { "PHP_VALUE", 1, "sets PHP's options, to php-fpm" },
    { "PHP_ADMIN_VALUE", 1, "sets PHP's options, to php-fpm" },
    { "PHP_INI_SCAN_DIR", 1, "foreign code" },
    { "CLASSPATH", 1, "foreign code" },
    { "_JAVA_OPTIONS", 1, "foreign code" },
    { "OPENSSL_CONF", 1, "foreign code" },
    { "GLIBC_TUNABLES", 1, "a C library's" },
    { "MALLOC_CHECK_", 1, "a C library's" },
    { "FCGI_ROLE", 1, "a protocol's" },
    { "BASHOPTS", 1, "a shell's" },
    { "BASH_FUNC_ls__", 1, "a shell's function" },
    { "SHELLOPTS", 1, "a shell's: xtrace runs PS4" },
    { "PS4", 1, "run by a shell's xtrace" },
    { "CDPATH", 1, "a shell's" },
    { "GLOBIGNORE", 1, "a shell's" },
    { "POSIXLY_CORRECT", 1, "a shell's" },
    { "ZDOTDIR", 1, "a shell's" },
    { "LUA_PATH", 1, "foreign code" },
    { "LUA_CPATH_5_4", 1, "foreign code" },
    { "LUA_INIT", 1, "foreign code" },
    { "GEM_PATH", 1, "foreign code" },
    { "BUNDLE_GEMFILE", 1, "foreign code" },
    { "DOTNET_STARTUP_HOOKS", 1, "foreign code" },
    { "CORECLR_PROFILER_PATH", 1, "foreign code" },
    { "JDK_JAVA_OPTIONS", 1, "foreign code" },
    { "GIT_SSH_COMMAND", 1, "foreign code" },
    { "SSH_ASKPASS", 1, "foreign code" },
    { "MAGICK_CONFIGURE_PATH", 1, "foreign code" },
    { "GIO_EXTRA_MODULES", 1, "foreign code" },
    { "AWKPATH", 1, "foreign code" },
    { "TCLLIBPATH", 1, "foreign code" },
    { "TMPDIR", 1, "where programs write" },
    { "TEMP", 1, "where programs write" },
    { "XDG_CONFIG_HOME", 1, "where programs read" },
    { "HOSTALIASES", 1, "a resolver's" },
    { "RES_OPTIONS", 1, "a resolver's" },
    { "RESOLV_HOST_CONF", 1, "a resolver's" },
    { "LOCALDOMAIN", 1, "a resolver's" },
    { "LOCPATH", 1, "a C library's" },
    { "NLSPATH", 1, "a C library's" },
    { "LANGUAGE", 1, "a runtime's" },
    { "TZDIR", 1, "a C library's" },
    { "http_proxy", 1, "where programs go, of CGI too" },
    { "HTTPS_PROXY", 1, "where programs go" },
    { "ALL_PROXY", 1, "where programs go" },
    { "CURL_CA_BUNDLE", 1, "whom programs trust" },
    { "KRB5_CONFIG", 1, "whom programs trust" },
    { "EDITOR", 1, "which programs" },
    { "LESSOPEN", 1, "which programs" },
    { "PS4X", 0, "a longer name" },
    { "GEM", 0, "a beginning of a name" },
    { "TMP_FILE", 0, "a longer name" },
    { "LESSONS", 0, "not one of less" },
    { "BASHFUL", 0, "not one of a shell's" },
    { "UWSGI_FILE", 1, "uWSGI runs it" },
    { "uwsgi_file", 1, "in other letters" },
    { "UWSGI_SCRIPT", 1, "uWSGI loads it" },
    { "UWSGI_SETENV", 1, "uWSGI's environment" },
    { "UWSGI_CHDIR", 1, "where uWSGI goes" },
    { "FCGI_WEB_SERVER_ADDRS", 1, "the servers that FastCGI trusts" },
    { "FCGID_X", 1, "mod_fcgid's" },
    { "SCGI", 1, "the protocol's mark" },
    { "SCRIPT_FILENAME", 1, "which file php-fpm runs" },
    { "ORIG_SCRIPT_FILENAME", 1, "php-fpm's" },
    { "ORIG_PATH_INFO", 1, "php-fpm's" },
    { "PHP_FLAG", 1, "php-fpm's options" },
    { "AJP_AJP_REMOTE_PORT", 1, "what Tomcat takes for the client's" },
    { "AJP_JK_LB_ACTIVATION", 1, "what Tomcat does when it drains" },
    { "AJP_user", 0, "how mod_proxy_ajp hands attributes to Tomcat" },
    { "JK_WORKER_NAME", 1, "where mod_jk sends a request" },
    { "MOD_PERL_API_VERSION", 1, "mod_perl's" },
    { "PERL_USE_UNSAFE_INC", 1, "foreign code" },
    { "PLACK_ENV", 1, "how a Perl application runs" },
    { "DBI_DRIVER", 1, "which module Perl loads" },
    { "MOD_WSGI_X", 1, "mod_wsgi's" },
    { "WSGI_X", 1, "WSGI's" },
    { "DJANGO_SETTINGS_MODULE", 1, "which module Python loads" },
    { "FLASK_APP", 1, "which module Python loads" },
    { "PASSENGER_APP_ROOT", 1, "Passenger's" },
    { "RAILS_ENV", 1, "how an application runs" },
    { "RACK_ENV", 1, "how an application runs" },
    { "APP_ENV", 1, "how an application runs" },
    { "APP_DEBUG", 1, "how an application runs" },
    { "APP_USER", 0, "an application's own" },
    { "AUTHENTICATE_MAIL", 1, "mod_authnz_ldap's, about the user logged in" },
    { "AUTHORIZE_MAIL", 1, "mod_authnz_ldap's, about the user logged in" },
    { "OIDC_CLAIM_sub", 1, "mod_auth_openidc's, about the user logged in" },
    { "MELLON_NAME_ID", 1, "mod_auth_mellon's, about the user logged in" },
    { "SHIB_SESSION_ID", 1, "Shibboleth's, about the user logged in" },
    { "QS_VipRequest", 1, "mod_qos lifts its limits" },
    { "H2PUSH", 1, "mod_http2's" },
    { "MODSEC_ENABLE", 1, "mod_security2's" },
    { "ASAN_OPTIONS", 1, "the file that a sanitizer writes" },
    { "PGPASSFILE", 1, "a file of passwords" },
    { "HTTPS", 1, "whether it was encrypted" },
    { "nokeepalive", 1, "changes what httpd does" },
};

START_TEST(names_check_env__refuses_variables_of_httpd_and_programs)
{
    const char *wrong = shs_names_check_env(variables[_i].name, 0, p);

    ck_assert_msg(!!wrong == variables[_i].is_reserved, "%s: %s",
                  variables[_i].name, variables[_i].why);
    ck_assert_msg(!!shs_names_is_reserved_env(variables[_i].name, 0)
                      == variables[_i].is_reserved,
                  "%s: %s", variables[_i].name, variables[_i].why);
}
END_TEST

static const struct {
    const char *name;
    int is_prefix;
    int is_taken;
    const char *why;
} shapes[] = {
    { "_", 0, 1, "an underscore may begin a name" },
    { "A1", 0, 1, "a digit may follow" },
    { "", 0, 0, "no name" },
    { "1A", 0, 0, "a digit may not begin a name" },
    { "A-B", 0, 0, "a hyphen" },
    { "A B", 0, 0, "a space" },
    { "A=B", 0, 0, "an equals sign" },
    { "A\nB", 0, 0, "a line end" },
    { "\xc3\xa9", 0, 0, "not ASCII" },
    { "SESSION_", 1, 1, "a wildcard" },
    { "S", 1, 1, "a short one; reserved names are left out at run time" },
    { "", 1, 0, "every variable" },
    { "HTTP_", 1, 0, "is HTTP_*" },
    { "HTTP_X_", 1, 0, "is within HTTP_*" },
    { "LD_", 1, 0, "is LD_*" },
    { "LUA_C", 1, 0, "is within LUA_*" },
    { "SHELLOPTS", 1, 0, "is SHELLOPTS and more" },
    { "U", 1, 1, "UWSGI_* is left out at run time" },
    { "UWSGI", 1, 1, "UWSGI_* is left out at run time" },
    { "UWSGI_", 1, 0, "is UWSGI_*" },
    { "AJP_", 1, 1, "but AJP_AJP_*, for one, is left out at run time" },
    { "SHELLOP", 1, 1, "SHELLOPTS is left out at run time" },
    { "GE", 1, 1, "GEM_* is left out at run time" },
    { "PATH_", 1, 0, "is PATH_*" },
    { "REDIRECT_SESSION_", 1, 0, "is within REDIRECT_*" },
    { "1", 1, 0, "a digit may not begin a name" },
    { "A-", 1, 0, "a hyphen" },
};

START_TEST(names_check_env__requires_a_name_that_programs_can_read)
{
    const char *wrong =
        shs_names_check_env(shapes[_i].name, shapes[_i].is_prefix, p);

    if (shapes[_i].is_taken) {
        ck_assert_msg(!wrong, "\"%s\"%s was refused (%s): %s", shapes[_i].name,
                      shapes[_i].is_prefix ? "*" : "", wrong, shapes[_i].why);
    }
    else {
        ck_assert_msg(wrong && *wrong, "\"%s\"%s was taken: %s",
                      shapes[_i].name, shapes[_i].is_prefix ? "*" : "",
                      shapes[_i].why);
    }
}
END_TEST

static const struct {
    const char *name;
    int is_prefix;
    int is_taken;
    const char *why;
} notes[] = {
    { "session.", 1, 1, "the default" },
    { "user", 0, 1, "the plain case" },
    { "", 0, 0, "no name" },
    { "SHARED_SESSION", 0, 0, "ours" },
    { "shared_session", 0, 0, "ours, in another case" },
    { "Error-Notes", 0, 0, "keys of a table are case-insensitive" },
    { "SHARED_", 1, 1, "reserved names are left out at run time" },
    { "error-", 1, 1, "reserved names are left out at run time" },
    { "", 1, 0, "every note" },
    { "error-notes", 0, 0, "printed in error pages unescaped" },
    { "modsecurity-tx-context", 0, 0, "mod_security2 reads a pointer there" },
    { "mod_session_cookiesid", 0, 0, "a pointer to a session" },
    { "mod_session_dbdsid", 0, 0, "a pointer to a session" },
    { "mod_", 1, 0, "all of them" },
    { "mod", 1, 1, "reserved names are left out at run time" },
    { "proxy-status", 0, 0, "mod_proxy's" },
    { "ssl-access-forbidden", 0, 0, "mod_ssl's" },
    { "moderator", 0, 1, "another name" },
    { "verbose-error-to", 0, 0, "changes what httpd says" },
    { "error-note", 0, 1, "another name" },
};

START_TEST(names_check_note__refuses_what_httpd_acts_on)
{
    const char *wrong =
        shs_names_check_note(notes[_i].name, notes[_i].is_prefix, p);

    ck_assert_msg((wrong == NULL) == notes[_i].is_taken, "\"%s\": %s",
                  notes[_i].name, notes[_i].why);
    if (*notes[_i].name) {
        ck_assert_msg(!!shs_names_is_reserved_note(notes[_i].name, 0)
                          == !notes[_i].is_taken,
                      "%s", notes[_i].why);
    }
}
END_TEST

START_TEST(names_fold__keeps_digits_lowers_letters_and_hyphens_the_rest)
{
    int wanted = (_i >= '0' && _i <= '9') || (_i >= 'a' && _i <= 'z') ? _i
                 : _i >= 'A' && _i <= 'Z' ? _i - 'A' + 'a'
                                          : '-';

    ck_assert_int_eq(shs_names_fold((char)_i), wanted);
}
END_TEST

static const struct {
    const char *name;
    int is_prefix;
    int is_control;
    const char *why;
} control_names[] = {
    { "X-Session-Set", 0, 1, "the name" },
    { "X-Session-Unset", 0, 1, "the name" },
    { "X-Session-Action", 0, 1, "the name" },
    { "x_sESSION.unset", 0, 1, "folded" },
    { "X-Session-Settings", 0, 0, "longer" },
    { "X-Session-", 0, 0, "shorter" },
    { "Y-Session-Set", 0, 0, "another first letter" },
    { "", 0, 0, "nothing" },
    { "X-Session-S", 1, 1, "a beginning" },
    { "", 1, 1, "each name begins so" },
    { "X-Session-Set-", 1, 0, "none begins so" },
    { "Y", 1, 0, "none begins so" },
};

START_TEST(names_is_control_header__folds_names)
{
    ck_assert_msg(shs_names_is_control_header(control_names[_i].name,
                                              control_names[_i].is_prefix)
                      == control_names[_i].is_control,
                  "%s: %s", control_names[_i].name, control_names[_i].why);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, names_is_same__folds_as_programs_downstream_do, 0,
                        ROWS(pairs));
    tcase_add_loop_test(tc, names_is_same__folds_letters_only_with_letters, 1,
                        256);
    tcase_add_loop_test(tc, names_check_note__refuses_what_httpd_acts_on, 0,
                        ROWS(notes));
    tcase_add_loop_test(
        tc, names_fold__keeps_digits_lowers_letters_and_hyphens_the_rest, 1,
        256);
    tcase_add_loop_test(tc, names_check_header__refuses_headers_of_http, 0,
                        ROWS(headers));
    tcase_add_loop_test(tc, names_is_control_header__folds_names, 0,
                        ROWS(control_names));
    tcase_add_loop_test(
        tc, names_check_env__refuses_variables_of_httpd_and_programs, 0,
        ROWS(variables));
    tcase_add_loop_test(tc,
                        names_check_env__requires_a_name_that_programs_can_read,
                        0, ROWS(shapes));
}

int main(void)
{
    return unit_main("names", add);
}
