/* SPDX-License-Identifier: Apache-2.0 */
#include "request/mod_session/login_attribute.h"

#include <string.h>
#include <strings.h>

#include <apr.h>

static int is_one_of(const char *word, const char *const *words)
{
    while (*words && strcasecmp(*words, word)) {
        ++words;
    }
    return *words != NULL;
}

int shs_login_attribute_is(const char *name)
{
    static const char *const last_words[] = { "user", "pw", NULL };
    static const char *const words[] = {
        "user",    "userid",  "username",      "usernm",   "uid",
        "login",   "loginid", "loginname",     "account",  "accountid",
        "email",   "mail",    "member",        "memberid", "principal",
        "subject", "sub",     "identity",      "role",     "roles",
        "isadmin", "admin",   "authenticated", "loggedin", NULL
    };
    const char *last = strrchr(name, '-');
    char folded[32];
    apr_size_t len = 0;

    if (last && is_one_of(last + 1, last_words)) {
        return 1;
    }
    for (; *name; ++name) {
        if (*name == '_' || *name == '-' || *name == '.') {
            continue;
        }
        if (len == sizeof(folded) - 1) {
            return 0;
        }
        folded[len++] = *name;
    }
    folded[len] = '\0';
    return is_one_of(folded, words);
}
