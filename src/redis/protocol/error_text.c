/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/error_text.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* No known form is longer. */
#define MAX_OCTETS 512

/* The longest name of a command ("client|tracking"), and some more. */
#define MAX_COMMAND 24

/* In a pattern:
 *   %c  the name of a command; the words repeat it
 *   %u  the name of a user
 *   %x  any text, or none
 */
typedef struct form_t {
    const char *pattern;
    const char *words; /* NULL: the pattern up to its %x */
    int is_acl;
} form_t;

#define NO_RUN       "NOPERM the user has no permissions to run " THE_COMMAND
#define NO_KEY       "NOPERM the user has no permissions to access a key"
#define THE_COMMAND  "the '%c' command"
#define IN_SCRIPT    "NOPERM in a script: "
#define SCRIPT_RUN   "The user executing the script can't run this command%x"
#define SCRIPT_KEY   "The user executing the script can't access at least one%x"
#define CANNOT_RUN   IN_SCRIPT "the user has no permissions to run a command"
#define CANNOT_KEY   IN_SCRIPT "the user has no permissions to access a key"
#define NO_SNAPSHOTS "MISCONF Redis cannot save its snapshots to disk"

/* A special form stands before the more general one. */
static const form_t forms[] = {
    /* the user's permissions */
    { "NOPERM this user has no permissions to run the '%c' command%x", NULL,
      1 },
    { "NOPERM User %u has no permissions to run the '%c' command%x", NO_RUN,
      1 },
    { "NOPERM this user has no permissions to access one of the keys used as"
      " arguments%x",
      NULL, 1 },
    { "NOPERM No permissions to access a key%x", NULL, 1 },
    { "NOPERM User %u has no permissions to access the '%x", NO_KEY, 1 },
    { "NOPERM this user has no permissions to access one of the channels used"
      " as arguments%x",
      NULL, 1 },
    { "NOPERM No permissions to access a channel%x", NULL, 1 },
    /* ... in a script */
    { "ERR " SCRIPT_RUN, CANNOT_RUN, 1 },
    { "ERR " SCRIPT_KEY, CANNOT_KEY, 1 },
    { "ERR Error running script %x " SCRIPT_RUN, CANNOT_RUN, 1 },
    { "ERR Error running script %x " SCRIPT_KEY, CANNOT_KEY, 1 },
    { "ERR ACL failure in script: User %u has no permissions to run the '%c'"
      " command%x",
      IN_SCRIPT "the user has no permissions to run the '%c' command", 1 },
    { "NOPERM ACL failure in script: User %u has no permissions to run the '%c'"
      " command%x",
      IN_SCRIPT "the user has no permissions to run the '%c' command", 1 },
    { "ERR ACL failure in script: No permissions to access a key%x", CANNOT_KEY,
      1 },
    { "NOPERM ACL failure in script: No permissions to access a key%x",
      CANNOT_KEY, 1 },
    { "ERR ACL failure in script:%x", "NOPERM in a script", 1 },
    /* the user's login */
    { "NOAUTH Authentication required.%x", NULL, 0 },
    { "WRONGPASS invalid username-password pair%x", NULL, 0 },
    { "ERR operation not permitted", NULL, 1 },
    { "ERR invalid password", NULL, 0 },
    { "ERR Client sent AUTH, but no password is set", NULL, 0 },
    { "ERR AUTH <password> called without any password configured%x", NULL, 0 },
    { "DENIED Redis is running in protected mode%x", NULL, 0 },
    /* the database */
    { "ERR DB index is out of range", NULL, 0 },
    { "ERR invalid DB index", NULL, 0 },
    { "ERR SELECT is not allowed in cluster mode", NULL, 0 },
    /* the server's commands */
    { "ERR unknown command '%c'%x", NULL, 0 },
    { "ERR unknown command `%c`%x", "ERR unknown command '%c'", 0 },
    { "ERR unknown subcommand '%c'%x", NULL, 0 },
    { "ERR Unknown subcommand or wrong number of arguments for '%c'%x", NULL,
      0 },
    { "ERR wrong number of arguments for '%c' command%x", NULL, 0 },
    { "ERR Unknown Redis command called from script%x", NULL, 0 },
    { "ERR Error running script %x Unknown Redis command called from%x",
      "ERR Unknown Redis command called from script", 0 },
    /* the server's state */
    { "OOM command not allowed when used memory > 'maxmemory'%x", NULL, 0 },
    { "NOREPLICAS Not enough good replicas to write%x", NULL, 0 },
    { "MISCONF Redis is configured to save RDB snapshots%x", NO_SNAPSHOTS, 0 },
    { "MISCONF Errors writing to the AOF file%x", NULL, 0 },
    { "READONLY You can't write against a read only replica%x", NULL, 0 },
    { "READONLY You can't write against a read only slave%x", NULL, 0 },
    { "LOADING %u is loading the dataset in memory%x",
      "LOADING it is loading the dataset in memory", 0 },
    { "BUSY Redis is busy running a script%x", NULL, 0 },
    { "MASTERDOWN Link with MASTER is down%x", NULL, 0 },
    { "CLUSTERDOWN The cluster is down%x", NULL, 0 },
    { "CLUSTERDOWN Hash slot not served%x", NULL, 0 },
};

typedef struct command_t {
    const char *name; /* NULL: the pattern has none */
    apr_size_t len;
} command_t;

static apr_size_t length_of_command(const char *text)
{
    apr_size_t len = 0;

    while (apr_isalpha(text[len]) || (text[len] && strchr("|._-", text[len]))) {
        ++len;
    }
    return len <= MAX_COMMAND ? len : 0;
}

/* Recursion: a pattern has two %x at most. */
static int matches(command_t *command, const char *pattern, const char *text)
{
    apr_size_t len;

    for (; *pattern && *pattern != '%'; ++pattern, ++text) {
        if (*pattern != *text) {
            return 0;
        }
    }
    if (!*pattern) {
        return !*text;
    }
    switch (pattern[1]) {
    case 'c':
        len = length_of_command(text);
        command->name = text;
        command->len = len;
        return len > 0 && matches(command, pattern + 2, text + len);
    case 'u':
        len = strcspn(text, " ");
        return len > 0 && matches(command, pattern + 2, text + len);
    default:
        while (*text && !matches(command, pattern + 2, text)) {
            ++text;
        }
        return *text || !pattern[2];
    }
}

/* Copies the text up to the first NUL or the length of the longest form. */
static const char *copy_beginning(char text[MAX_OCTETS + 1],
                                  const shs_reply_t *reply)
{
    apr_size_t len =
        reply->text.len < MAX_OCTETS ? reply->text.len : MAX_OCTETS;

    memcpy(text, reply->text.data, len);
    text[len] = '\0';
    return text;
}

static const form_t *find_form(command_t *command, const char *text)
{
    apr_size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); ++i) {
        command->name = NULL;
        command->len = 0;
        if (matches(command, forms[i].pattern, text)) {
            return &forms[i];
        }
    }
    return NULL;
}

const char *shs_error_text_describe(const shs_reply_t *reply, apr_pool_t *p)
{
    char text[MAX_OCTETS + 1];
    command_t command;
    const form_t *form = find_form(&command, copy_beginning(text, reply));
    const char *words, *at;

    if (!form) {
        return shs_resp_error_code(reply, p);
    }
    words = form->words ? form->words : form->pattern;
    at = strstr(words, "%x");
    if (at) {
        words = apr_pstrmemdup(p, words, (apr_size_t)(at - words));
    }
    at = strstr(words, "%c");
    if (!at) {
        return words;
    }
    return apr_pstrcat(p, apr_pstrmemdup(p, words, (apr_size_t)(at - words)),
                       apr_pstrmemdup(p, command.name, command.len), at + 2,
                       NULL);
}

int shs_error_text_is_acl(const shs_reply_t *reply)
{
    char text[MAX_OCTETS + 1];
    command_t command;
    const form_t *form = find_form(&command, copy_beginning(text, reply));

    return form && form->is_acl;
}
