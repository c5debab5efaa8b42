/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/endpoint/credentials.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define LONGEST (SHS_CREDENTIALS_ROOM - 1)

static const struct {
    const char *user;
    const char *password;
    const char *why;
} given[] = {
    { NULL, NULL, "a server without a password" },
    { NULL, "secret", "the default user" },
    { "alice", "secret", "an ACL user" },
    { "alice", NULL, "the password may come from a file later" },
    { "alice", "", "a user with nopass: an empty password is sent" },
};

START_TEST(credentials_create__stores_its_arguments)
{
    char *password = apr_pstrdup(p, given[_i].password);
    shs_credentials_t *c = shs_credentials_create(given[_i].user, password, p);

    if (password) {
        memset(password, 'x', strlen(password));
    }
    ck_assert_pstr_eq(shs_credentials_user(c), given[_i].user);
    ck_assert_pstr_eq(shs_credentials_password(c, p), given[_i].password);
    ck_assert_pstr_eq(shs_credentials_file(c), NULL);
}
END_TEST

START_TEST(credentials_password__gives_a_copy_that_stays)
{
    shs_credentials_t *c = shs_credentials_create(NULL, "one", p);
    char path[] = "/tmp/shs-unit-XXXXXX";
    const char *before = shs_credentials_password(c, p);
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "two", 3), 3);
    close(fd);
    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    unlink(path);
    ck_assert_str_eq(before, "one");
    ck_assert_str_eq(shs_credentials_password(c, p), "two");
    ck_assert_str_eq(shs_credentials_file(c), path);
}
END_TEST

/* ------------------------------------------------------------------- files */

/* Rewrites the file, as an editor does that keeps the inode. */
static void write_file(const char *path, const char *content, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, len), (ssize_t)len);
    close(fd);
}

#define CONTENT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *content;
    size_t len;
    const char *password; /* NULL: refused ... */
    const char *wrong;    /* ... with these words */
    const char *why;
} files[] = {
    { CONTENT("secret"), "secret", NULL, "no line end" },
    { CONTENT("secret\n"), "secret", NULL, "what an editor writes" },
    { CONTENT("secret\r\n"), "secret", NULL, "what another editor writes" },
    { CONTENT("secret\nSECRET\n"), "secret", NULL, "the first line alone" },
    { CONTENT("secret\nSEC\0RET\n"), "secret", NULL,
      "further lines are ignored" },
    { CONTENT("se cret:@/%41\n"), "se cret:@/%41", NULL,
      "taken as it is, not decoded" },
    { CONTENT(""), NULL, "is empty", "an empty file protects nothing" },
    { CONTENT("\n"), NULL, "empty first line", "nor does an empty line" },
    { CONTENT("\nSECRET\n"), NULL, "empty first line", "nor with a second" },
    { CONTENT("SEC\0RET\n"), NULL, "NUL", "it would be cut unnoticed" },
    { CONTENT("\0SECRET\n"), NULL, "NUL", "it would be empty" },
};

START_TEST(credentials_read_file__takes_the_first_line)
{
    char *path = unit_file(files[_i].content, files[_i].len);
    shs_credentials_t *c = shs_credentials_create("alice", "before", p);
    const char *wrong = shs_credentials_read_file(c, path, p);
    const char *why = files[_i].why;

    unlink(path);
    ck_assert_pstr_eq(shs_credentials_user(c), "alice");
    if (files[_i].password) {
        ck_assert_msg(!wrong, "%s: %s", wrong, why);
        ck_assert_pstr_eq(shs_credentials_password(c, p), files[_i].password);
        return;
    }
    ck_assert_msg(wrong && strstr(wrong, files[_i].wrong) && strstr(wrong, path)
                      && !strstr(wrong, "SEC"),
                  "%s: %s", wrong, why);
    ck_assert_pstr_eq(shs_credentials_password(c, p), "before");
}
END_TEST

static const struct {
    int len;
    const char *behind;
    int is_taken;
    const char *why;
} lengths[] = {
    { LONGEST, "", 1, "as long as there is room for" },
    { LONGEST, "\n", 1, "and its line's end" },
    { LONGEST, "\nmore", 1, "and another line" },
    { LONGEST + 1, "", 0, "one too long: half a token is no token" },
    { LONGEST + 1, "\n", 0, "one too long, and its line's end" },
    { LONGEST + 1000, "\n", 0, "far too long" },
};

START_TEST(credentials_read_file__refuses_what_it_would_have_to_cut)
{
    char *text = apr_palloc(p, (apr_size_t)lengths[_i].len + 1);
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    const char *wrong;
    char *path;

    memset(text, 'x', (size_t)lengths[_i].len);
    text[lengths[_i].len] = '\0';
    path = apr_pstrcat(p, text, lengths[_i].behind, NULL);
    path = unit_file(path, strlen(path));
    wrong = shs_credentials_read_file(c, path, p);
    unlink(path);
    ck_assert_msg((wrong == NULL) == lengths[_i].is_taken, "%s: %s", wrong,
                  lengths[_i].why);
    ck_assert_pstr_eq(shs_credentials_password(c, p), wrong ? NULL : text);
}
END_TEST

START_TEST(credentials_read_file__reads_files_only)
{
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    char *path = unit_file("", 0);
    const char *wrong = shs_credentials_read_file(c, "/nonexistent/x", p);

    ck_assert_msg(wrong && strstr(wrong, "/nonexistent/x cannot be read: No"),
                  "%s", wrong);
    wrong = shs_credentials_read_file(c, "/", p);
    ck_assert_msg(wrong && strstr(wrong, "/ is not a regular file"), "%s",
                  wrong);
    /* No process writes to it: opening it would block for ever. */
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    wrong = shs_credentials_read_file(c, path, p);
    unlink(path);
    ck_assert_msg(wrong && strstr(wrong, "is not a regular file"), "%s", wrong);
    ck_assert_pstr_eq(shs_credentials_file(c), NULL);
}
END_TEST

/* ------------------------------------------------------------------ reload */

static const struct {
    const char *content; /* the file's new text; NULL: it is gone */
    const char *refused;
    int is_reloaded;
    const char *password;
    const char *why;
} reloads[] = {
    { "new\n", "old", 1, "new", "the file has changed" },
    { "old\n", "old", 0, "old", "it has not" },
    { "old\nnew\n", "old", 0, "old", "its first line has not" },
    { "new\n", "older", 1, "old", "another thread was here before: try that" },
    { "new\n", NULL, 1, "old", "none was sent, and there is one" },
    { NULL, "old", 0, "old", "the file is gone: keep what we have" },
    { "", "old", 0, "old", "the file is being written" },
    { "\n", "old", 0, "old", "an empty password is none" },
};

START_TEST(credentials_reload__reads_the_file_again)
{
    char *path = unit_file("old\n", 4);
    shs_credentials_t *c = shs_credentials_create("alice", NULL, p);
    int is_reloaded;

    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    unlink(path);
    if (reloads[_i].content) {
        write_file(path, reloads[_i].content, strlen(reloads[_i].content));
    }
    is_reloaded = !shs_credentials_reload(c, reloads[_i].refused, p);
    unlink(path);
    ck_assert_msg(is_reloaded == reloads[_i].is_reloaded, "%s",
                  reloads[_i].why);
    ck_assert_str_eq(shs_credentials_password(c, p), reloads[_i].password);
}
END_TEST

START_TEST(credentials_reload__works_as_often_as_the_file_changes)
{
    char *path = unit_file("1\n", 2);
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    const char *refused;
    char content[2] = "1";

    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    while (content[0]++ < '5') {
        refused = shs_credentials_password(c, p);
        write_file(path, content, 1);
        ck_assert_ptr_null(shs_credentials_reload(c, refused, p));
        ck_assert_str_eq(shs_credentials_password(c, p), content);
        ck_assert_ptr_nonnull(shs_credentials_reload(c, content, p));
    }
    unlink(path);
}
END_TEST

START_TEST(credentials_reload__has_nothing_new_without_a_file)
{
    shs_credentials_t *c = shs_credentials_create("alice", "secret", p);

    ck_assert_ptr_nonnull(shs_credentials_reload(c, "secret", p));
    ck_assert_str_eq(shs_credentials_password(c, p), "secret");
    c = shs_credentials_create(NULL, NULL, p);
    ck_assert_ptr_nonnull(shs_credentials_reload(c, NULL, p));
    ck_assert_pstr_eq(shs_credentials_password(c, p), NULL);
}
END_TEST

/* The pool may live long: the file must not stay open. */
START_TEST(credentials_reload__closes_the_file)
{
    char *path = unit_file("old\n", 4);
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    int before = dup(STDOUT_FILENO), after;

    close(before);
    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    write_file(path, "new\n", 4);
    ck_assert_ptr_null(shs_credentials_reload(c, "old", p));
    unlink(path);
    after = dup(STDOUT_FILENO);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

/* httpd reads it as root, a child as another user. */
START_TEST(credentials_reload__keeps_the_password_if_the_file_is_not_readable)
{
    char *path = unit_file("old\n", 4);
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    uid_t user = geteuid();
    int is_reloaded;

    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    write_file(path, "new\n", 4);
    ck_assert_int_eq(chmod(path, 0), 0);
    ck_assert_int_eq(user == 0 ? seteuid(65534) : 0, 0);
    is_reloaded = !shs_credentials_reload(c, "old", p);
    ck_assert_int_eq(user == 0 ? seteuid(0) : 0, 0);
    unlink(path);
    ck_assert_int_eq(is_reloaded, 0);
    ck_assert_str_eq(shs_credentials_password(c, p), "old");
}
END_TEST

#define THREADS 8

typedef struct refresh_t {
    shs_credentials_t *credentials;
    pthread_barrier_t *start;
    apr_pool_t *pool;
    int is_reloaded;
    const char *password;
} refresh_t;

static void *reload(void *data)
{
    refresh_t *refresh = data;

    pthread_barrier_wait(refresh->start);
    refresh->is_reloaded =
        !shs_credentials_reload(refresh->credentials, "old", refresh->pool);
    refresh->password =
        shs_credentials_password(refresh->credentials, refresh->pool);
    return NULL;
}

/* A thread that lost the race for the file has the new password all the
 * same. */
START_TEST(credentials_reload__gives_every_thread_the_new_password)
{
    char *path = unit_file("old\n", 4);
    shs_credentials_t *c = shs_credentials_create(NULL, NULL, p);
    refresh_t reloads_at_once[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    int i;

    ck_assert_pstr_eq(shs_credentials_read_file(c, path, p), NULL);
    write_file(path, "new\n", 4);
    pthread_barrier_init(&start, NULL, THREADS);
    for (i = 0; i < THREADS; ++i) {
        reloads_at_once[i] = (refresh_t){ c, &start, NULL, 0, NULL };
        apr_pool_create(&reloads_at_once[i].pool, NULL);
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, reload, &reloads_at_once[i]), 0);
    }
    for (i = 0; i < THREADS; ++i) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(reloads_at_once[i].is_reloaded, 1);
        ck_assert_str_eq(reloads_at_once[i].password, "new");
        apr_pool_destroy(reloads_at_once[i].pool);
    }
    pthread_barrier_destroy(&start);
    unlink(path);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, credentials_create__stores_its_arguments, 0,
                        ROWS(given));
    tcase_add_test(tc, credentials_password__gives_a_copy_that_stays);
    tcase_add_loop_test(tc, credentials_read_file__takes_the_first_line, 0,
                        ROWS(files));
    tcase_add_loop_test(
        tc, credentials_read_file__refuses_what_it_would_have_to_cut, 0,
        ROWS(lengths));
    tcase_add_test(tc, credentials_read_file__reads_files_only);
    tcase_add_loop_test(tc, credentials_reload__reads_the_file_again, 0,
                        ROWS(reloads));
    tcase_add_test(tc, credentials_reload__works_as_often_as_the_file_changes);
    tcase_add_test(tc, credentials_reload__has_nothing_new_without_a_file);
    tcase_add_test(tc, credentials_reload__closes_the_file);
    tcase_add_test(
        tc, credentials_reload__keeps_the_password_if_the_file_is_not_readable);
    tcase_add_test(tc, credentials_reload__gives_every_thread_the_new_password);
}

int main(void)
{
    return unit_main("credentials", add);
}
