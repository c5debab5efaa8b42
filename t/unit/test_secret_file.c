/* SPDX-License-Identifier: Apache-2.0 */
#include "session/id/secret_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define CONTENT(literal) (literal), sizeof(literal) - 1

/* Rewrites the file, as an editor does that keeps the inode. Its time is set,
 * because two changes may fall into one tick of the file system's clock. */
static void write_file(const char *path, const char *content, size_t len)
{
    static time_t mtime = 1700000000;
    struct timespec times[2] = { { 0, UTIME_OMIT }, { ++mtime, 0 } };
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, len), (ssize_t)len);
    ck_assert_int_eq(futimens(fd, times), 0);
    close(fd);
}

/* The secrets, with "|" behind each. */
static const char *show(const shs_secrets_t *secrets)
{
    const char *text = "";
    int i;

    for (i = 0; i < secrets->count; i++) {
        text = apr_pstrcat(
            p, text,
            apr_pstrmemdup(p, secrets->list[i].data, secrets->list[i].len), "|",
            NULL);
    }
    return text;
}

static shs_secret_file_t *file_of(const char *path)
{
    shs_secret_file_t *file = NULL;

    ck_assert_pstr_eq(shs_secret_file_create(&file, path, p), NULL);
    ck_assert_ptr_nonnull(file);
    return file;
}

#define SIXTEEN "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\n"

static const struct {
    const char *content;
    size_t len;
    const char *secrets; /* NULL: refused ... */
    const char *wrong;   /* ... with these words */
    const char *why;
} files[] = {
    { CONTENT("secret"), "secret|", NULL, "no line end" },
    { CONTENT("secret\n"), "secret|", NULL, "what an editor writes" },
    { CONTENT("new\nold\n"), "new|old|", NULL, "two, in order" },
    { CONTENT("new\r\nold\r\n"), "new|old|", NULL, "CR LF" },
    { CONTENT("new\r\nold\r"), "new|old|", NULL, "CR at the end" },
    { CONTENT("a\rb\n"), "a\rb|", NULL, "a CR elsewhere is an octet" },
    { CONTENT("\n\n# old: x\nsecret\n\n#\n"), "secret|", NULL,
      "empty lines and comments" },
    { CONTENT(" keyboard cat \n"), " keyboard cat |", NULL,
      "spaces belong to it" },
    { CONTENT("a#b\n #c\n"), "a#b| #c|", NULL,
      "# begins no comment elsewhere" },
    { CONTENT("비밀 s3cret\n"), "비밀 s3cret|", NULL, "UTF-8" },
    { CONTENT("\xff\xfe\n"), "\xff\xfe|", NULL, "any octets" },
    { CONTENT("a\n\xEF\xBB\xBF\n"), "a|\xEF\xBB\xBF|", NULL,
      "what is a mark at the beginning only" },
    { CONTENT(SIXTEEN), "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|", NULL, "the most" },
    { CONTENT(SIXTEEN "q\n"), NULL, "more than 16 secrets", "one more" },
    { CONTENT(SIXTEEN "# q\n"), "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|", NULL,
      "a comment is none" },
    { CONTENT(""), NULL, "has no secret", "empty" },
    { CONTENT("\n"), NULL, "has no secret", "an empty line" },
    { CONTENT("\r\n\r\n"), NULL, "has no secret", "... with CR LF" },
    { CONTENT("# secret\n"), NULL, "has no secret", "a comment alone" },
    { CONTENT("a\0b\n"), NULL, "NUL character", "binary, or UTF-16" },
    { CONTENT("\xEF\xBB\xBFsecret\n"), NULL, "byte order mark",
      "what some editors write" },
};

START_TEST(secret_file_create__reads_one_secret_a_line)
{
    char *path = unit_file(files[_i].content, files[_i].len);
    shs_secret_file_t *file = NULL;
    const char *error = shs_secret_file_create(&file, path, p);

    unlink(path);
    ck_assert_msg(!error == !files[_i].wrong, "%s: %s", files[_i].why,
                  error ? error : "accepted");
    if (error) {
        ck_assert_msg(strstr(error, files[_i].wrong) && strstr(error, path),
                      "%s: %s", files[_i].why, error);
        ck_assert_msg(!strstr(error, "secret\n"), "%s", error);
        ck_assert_ptr_null(file);
    }
    else {
        ck_assert_str_eq(show(shs_secret_file_secrets(file)),
                         files[_i].secrets);
        ck_assert_str_eq(shs_secret_file_path(file), path);
    }
}
END_TEST

START_TEST(secret_file_create__has_a_bound)
{
    char *content = apr_palloc(p, SHS_SECRET_FILE_MAX_SIZE + 1);
    shs_secret_file_t *file;
    char *path;

    memset(content, 'x', SHS_SECRET_FILE_MAX_SIZE + 1);
    path = unit_file(content, SHS_SECRET_FILE_MAX_SIZE);
    ck_assert_uint_eq(shs_secret_file_secrets(file_of(path))->list[0].len,
                      SHS_SECRET_FILE_MAX_SIZE);
    write_file(path, content, SHS_SECRET_FILE_MAX_SIZE + 1);
    ck_assert_ptr_nonnull(
        strstr(shs_secret_file_create(&file, path, p), "longer than 16384"));
    unlink(path);
}
END_TEST

START_TEST(secret_file_create__says_why_it_cannot_read)
{
    shs_secret_file_t *file;

    ck_assert_pstr_eq(
        shs_secret_file_create(&file, "/tmp/shs-unit-missing", p),
        "secret-file /tmp/shs-unit-missing cannot be read: No such file or"
        " directory");
    ck_assert_pstr_eq(shs_secret_file_create(&file, "/tmp", p),
                      "secret-file /tmp is not a regular file");
    ck_assert_pstr_eq(shs_secret_file_create(&file, "/dev/zero", p),
                      "secret-file /dev/zero is not a regular file");
}
END_TEST

START_TEST(secret_file_is_same__by_path)
{
    char *a = unit_file("a", 1), *b = unit_file("a", 1);

    ck_assert(shs_secret_file_is_same(file_of(a), file_of(a)));
    ck_assert(!shs_secret_file_is_same(file_of(a), file_of(b)));
    ck_assert(!shs_secret_file_is_same(file_of(a), NULL));
    ck_assert(!shs_secret_file_is_same(NULL, file_of(a)));
    ck_assert(shs_secret_file_is_same(NULL, NULL));
    unlink(a);
    unlink(b);
}
END_TEST

/* ----------------------------------------------------------------- refresh */

typedef struct fixture_t {
    char *path;
    shs_secret_file_t *file;
    apr_time_t now;
    const char *reason;
} fixture_t;

static fixture_t opened(void)
{
    fixture_t f = { unit_file("one\n", 4), NULL, apr_time_from_sec(1000),
                    NULL };

    write_file(f.path, "one\n", 4);
    f.file = file_of(f.path);
    return f;
}

/* A wrong signature, two seconds after the last one. */
static shs_secret_state_t refresh(fixture_t *f)
{
    f->now += apr_time_from_sec(2);
    f->reason = NULL;
    return shs_secret_file_refresh(f->file, shs_secret_file_secrets(f->file),
                                   f->now, &f->reason, p);
}

START_TEST(secret_file_refresh__reads_a_file_that_has_changed)
{
    fixture_t f = opened();
    const shs_secrets_t *before = shs_secret_file_secrets(f.file);

    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    write_file(f.path, "two\none\n", 8);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_READ);
    ck_assert_str_eq(show(shs_secret_file_secrets(f.file)), "two|one|");
    ck_assert_str_eq(show(before), "one|");
    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    unlink(f.path);
}
END_TEST

START_TEST(secret_file_refresh__reads_a_file_that_was_replaced)
{
    fixture_t f = opened();
    char *other = unit_file("two\n", 4);

    ck_assert_int_eq(rename(other, f.path), 0);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_READ);
    ck_assert_str_eq(show(shs_secret_file_secrets(f.file)), "two|");
    unlink(f.path);
}
END_TEST

START_TEST(secret_file_refresh__reads_at_most_once_a_second)
{
    fixture_t f = opened();
    const shs_secrets_t *used = shs_secret_file_secrets(f.file);
    const char *reason;

    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    write_file(f.path, "two\n", 4);
    ck_assert_int_eq(shs_secret_file_refresh(f.file, used,
                                             f.now + apr_time_from_sec(1) - 1,
                                             &reason, p),
                     SHS_SECRET_SAME);
    ck_assert_int_eq(shs_secret_file_refresh(f.file, used,
                                             f.now + apr_time_from_sec(1),
                                             &reason, p),
                     SHS_SECRET_READ);
    unlink(f.path);
}
END_TEST

START_TEST(secret_file_refresh__says_that_another_thread_has_read_it)
{
    fixture_t f = opened();
    const shs_secrets_t *used = shs_secret_file_secrets(f.file);

    write_file(f.path, "two\n", 4);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_READ);
    ck_assert_int_eq(shs_secret_file_refresh(f.file, used, f.now, &f.reason, p),
                     SHS_SECRET_CHANGED);
    unlink(f.path);
}
END_TEST

START_TEST(secret_file_refresh__keeps_the_secrets_of_equal_content)
{
    fixture_t f = opened();
    const shs_secrets_t *before = shs_secret_file_secrets(f.file);

    write_file(f.path, "one\n", 4);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    ck_assert_ptr_eq(shs_secret_file_secrets(f.file), before);
    unlink(f.path);
}
END_TEST

START_TEST(secret_file_refresh__reports_an_unreadable_file_once)
{
    fixture_t f = opened();
    char *away = apr_pstrcat(p, f.path, ".away", NULL);

    ck_assert_int_eq(rename(f.path, away), 0);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(f.reason, "No such file"));
    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    ck_assert_str_eq(show(shs_secret_file_secrets(f.file)), "one|");
    ck_assert_int_eq(rename(away, f.path), 0);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_SAME);
    ck_assert_int_eq(unlink(f.path), 0);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_UNREADABLE);
}
END_TEST

START_TEST(secret_file_refresh__keeps_the_secrets_when_the_file_is_wrong)
{
    fixture_t f = opened();

    write_file(f.path, "# none\n", 7);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(f.reason, "has no secret"));
    ck_assert_str_eq(show(shs_secret_file_secrets(f.file)), "one|");
    write_file(f.path, "two\n", 4);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_READ);
    ck_assert_str_eq(show(shs_secret_file_secrets(f.file)), "two|");
    unlink(f.path);
}
END_TEST

/* It may be the mode that has changed, of which a version knows nothing. */
START_TEST(secret_file_refresh__tries_an_unreadable_file_again)
{
    struct timespec times[2] = { { 0, UTIME_OMIT }, { 1600000000, 0 } };
    fixture_t f = opened();

    ck_assert_int_eq(utimensat(AT_FDCWD, f.path, times, 0), 0);
    f.file = file_of(f.path);
    write_file(f.path, "\0two", 4);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_UNREADABLE);
    write_file(f.path, "two\n", 4);
    ck_assert_int_eq(utimensat(AT_FDCWD, f.path, times, 0), 0);
    ck_assert_int_eq(refresh(&f), SHS_SECRET_READ);
    unlink(f.path);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, secret_file_create__reads_one_secret_a_line, 0,
                        ROWS(files));
    tcase_add_test(tc, secret_file_create__has_a_bound);
    tcase_add_test(tc, secret_file_create__says_why_it_cannot_read);
    tcase_add_test(tc, secret_file_is_same__by_path);
    tcase_add_test(tc, secret_file_refresh__reads_a_file_that_has_changed);
    tcase_add_test(tc, secret_file_refresh__reads_a_file_that_was_replaced);
    tcase_add_test(tc, secret_file_refresh__reads_at_most_once_a_second);
    tcase_add_test(tc,
                   secret_file_refresh__says_that_another_thread_has_read_it);
    tcase_add_test(tc, secret_file_refresh__keeps_the_secrets_of_equal_content);
    tcase_add_test(tc, secret_file_refresh__reports_an_unreadable_file_once);
    tcase_add_test(
        tc, secret_file_refresh__keeps_the_secrets_when_the_file_is_wrong);
    tcase_add_test(tc, secret_file_refresh__tries_an_unreadable_file_again);
}

int main(void)
{
    return unit_main("secret_file", add);
}
