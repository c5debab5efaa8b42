/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/error_text.h"

#include "unit.h"

static const shs_reply_t *error_of(const char *text)
{
    shs_reply_t *reply = apr_pcalloc(p, sizeof(*reply));

    reply->kind = SHS_REPLY_ERROR;
    reply->text = unit_text(text);
    return reply;
}

/* As servers say them: Redis 2.8 to 7.4. */
static const struct {
    const char *text;
    const char *words;
    int is_acl;
    const char *why;
} replies[] = {
    { "NOPERM this user has no permissions to run the 'eval' command",
      "NOPERM this user has no permissions to run the 'eval' command", 1,
      "Redis 7.0 names the command" },
    { "NOPERM this user has no permissions to run the 'client|tracking'"
      " command",
      "NOPERM this user has no permissions to run the 'client|tracking'"
      " command",
      1, "... and the subcommand" },
    { "NOPERM this user has no permissions to run the 'hgetall' command or its"
      " subcommand",
      "NOPERM this user has no permissions to run the 'hgetall' command", 1,
      "Redis 6" },
    { "NOPERM User SECRET has no permissions to run the 'hset' command",
      "NOPERM the user has no permissions to run the 'hset' command", 1,
      "Redis 7.2 names the user" },
    { "NOPERM this user has no permissions to access one of the keys used as"
      " arguments",
      "NOPERM this user has no permissions to access one of the keys used as"
      " arguments",
      1, "keys" },
    { "NOPERM No permissions to access a key",
      "NOPERM No permissions to access a key", 1, "keys, Redis 7.2" },
    { "NOPERM User SECRET has no permissions to access the 'session:SECRET'"
      " key",
      "NOPERM the user has no permissions to access a key", 1,
      "a key stands in it" },
    { "ERR The user executing the script can't run this command or subcommand"
      " script: 9b5392298490cbd7955ec51802fb5928e415a02d, on @user_script:1.",
      "NOPERM in a script: the user has no permissions to run a command", 1,
      "Redis 7.0, in a script" },
    { "ERR The user executing the script can't run this command or subcommand",
      "NOPERM in a script: the user has no permissions to run a command", 1,
      "... by pcall" },
    { "ERR Error running script (call to f_9b53): @user_script:1: @user_script:"
      " 1: The user executing the script can't run this command or subcommand",
      "NOPERM in a script: the user has no permissions to run a command", 1,
      "Redis 6" },
    { "ERR The user executing the script can't access at least one of the keys"
      " mentioned in the command arguments",
      "NOPERM in a script: the user has no permissions to access a key", 1,
      "keys, in a script" },
    { "ERR ACL failure in script: User SECRET has no permissions to run the"
      " 'hset' command script: 9b53, on @user_script:1.",
      "NOPERM in a script: the user has no permissions to run the 'hset'"
      " command",
      1, "Redis 7.2, in a script" },
    { "NOPERM ACL failure in script: No permissions to access a key",
      "NOPERM in a script: the user has no permissions to access a key", 1,
      "... its key" },
    { "ERR ACL failure in script: SECRET", "NOPERM in a script", 1,
      "whatever it is" },
    { "NOPERM SECRET", "NOPERM", 0, "not known: the word alone" },
    { "ERR unknown command 'EVAL', with args beginning with: 'local k'"
      " 'session:SECRET' ",
      "ERR unknown command 'EVAL'", 0, "it repeats a key, which is left out" },
    { "ERR unknown command `EVAL`, with args beginning with: `1`"
      " `session:SECRET`, ",
      "ERR unknown command 'EVAL'", 0, "Redis 5 and 6" },
    { "ERR unknown command 'EVAL'", "ERR unknown command 'EVAL'", 0,
      "Redis 4" },
    { "ERR unknown command 'SECRETSECRETSECRETSECRETSECRET'", "ERR", 0,
      "no command is so long" },
    { "ERR unknown command '4f1d8c2be07a95d3'", "ERR", 0,
      "no command has a digit" },
    { "ERR Unknown Redis command called from script script: 108e, on"
      " @user_script:1.",
      "ERR Unknown Redis command called from script", 0, "renamed" },
    { "ERR wrong number of arguments for 'auth' command",
      "ERR wrong number of arguments for 'auth' command", 0,
      "a user, and Redis 5" },
    { "OOM command not allowed when used memory > 'maxmemory'.",
      "OOM command not allowed when used memory > 'maxmemory'", 0, "memory" },
    { "NOREPLICAS Not enough good replicas to write.",
      "NOREPLICAS Not enough good replicas to write", 0, "replicas" },
    { "MISCONF Redis is configured to save RDB snapshots, but it's currently"
      " unable to persist to disk.",
      "MISCONF Redis cannot save its snapshots to disk", 0, "disk" },
    { "READONLY You can't write against a read only replica. script: 1f, on"
      " @user_script:1.",
      "READONLY You can't write against a read only replica", 0, "replica" },
    { "LOADING Redis is loading the dataset in memory",
      "LOADING it is loading the dataset in memory", 0, "starting" },
    { "WRONGPASS invalid username-password pair or user is disabled.",
      "WRONGPASS invalid username-password pair", 0, "password" },
    { "ERR invalid password SECRET", "ERR", 0, "a known form, and more" },
    { "OOM SECRET", "OOM", 0, "the word alone" },
    { "ERR SECRET", "ERR", 0, "the word alone" },
    { "secret", "an error", 0, "no word" },
    { "", "an error", 0, "nothing" },
    { "OOM command not allowed when used memory > 'maxmem", "OOM", 0,
      "half of a form is none" },
    { "prefix OOM command not allowed when used memory > 'maxmemory'",
      "an error", 0, "a form begins the text" },
};

START_TEST(error_text_describe__keeps_the_servers_words_without_arguments)
{
    const shs_reply_t *reply = error_of(replies[_i].text);
    const char *words = shs_error_text_describe(reply, p);

    ck_assert_str_eq(words, replies[_i].words);
    ck_assert_msg(!strstr(words, "SECRET"), "%s", replies[_i].why);
    ck_assert_msg(!!shs_error_text_is_acl(reply) == replies[_i].is_acl, "%s",
                  replies[_i].why);
}
END_TEST

/* A NUL, or more than any form has, is no form, whatever comes after it. */
START_TEST(error_text_describe__accepts_a_text_of_any_length)
{
    shs_reply_t *reply = apr_pcalloc(p, sizeof(*reply));
    apr_size_t len = 1024 * 1024;
    char *text = apr_palloc(p, len);
    static const char begun[] = "ERR Error running script ";
    static const char rest[] =
        "The user executing the script can't run this command";
    static const char broken[] =
        "OOM\0command not allowed when used memory > 'maxmemory'";

    memset(text, ' ', len);
    memcpy(text, begun, sizeof(begun) - 1);
    reply->kind = SHS_REPLY_ERROR;
    reply->text.data = text;
    reply->text.len = len;
    ck_assert_str_eq(shs_error_text_describe(reply, p), "ERR");
    memcpy(text + 400, rest, sizeof(rest) - 1);
    ck_assert_str_eq(shs_error_text_describe(reply, p),
                     "NOPERM in a script: the user has no permissions to run a"
                     " command");
    memset(text + 400, ' ', sizeof(rest));
    memcpy(text + 600, rest, sizeof(rest) - 1);
    ck_assert_str_eq(shs_error_text_describe(reply, p), "ERR");
    memcpy(text, broken, sizeof(broken) - 1);
    ck_assert_str_eq(shs_error_text_describe(reply, p), "an error");
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(
        tc, error_text_describe__keeps_the_servers_words_without_arguments, 0,
        ROWS(replies));
    tcase_add_test(tc, error_text_describe__accepts_a_text_of_any_length);
}

int main(void)
{
    return unit_main("error_text", add);
}
