/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option_table.h"

#include <string.h>

#include <apr_strings.h>

#include "unit.h"

/* Draws "size=1M; other;" of what is parsed. */
typedef struct drawing_t {
    const char *text;
    int is_small; /* there is no grow= */
} drawing_t;

static const char *draw(void *draft, const char *what, const char *value)
{
    drawing_t *drawing = draft;

    if (!strcmp(value, "wrong")) {
        return "'wrong' is no value";
    }
    drawing->text = apr_pstrcat(p, drawing->text, what, value, ";", NULL);
    return NULL;
}

static const char *set_size(void *draft, const char *value, apr_pool_t *pool)
{
    (void)pool;
    return draw(draft, "size=", value);
}

static const char *set_size_max(void *draft, const char *value,
                                apr_pool_t *pool)
{
    (void)pool;
    return draw(draft, "size-max=", value);
}

static const char *set_secure(void *draft, const char *value, apr_pool_t *pool)
{
    (void)pool;
    return draw(draft, "secure", value);
}

static const char *set_grow(void *draft, const char *value, apr_pool_t *pool)
{
    (void)pool;
    return draw(draft, "grow=", value);
}

static const char *set_grow_on(void *draft, const char *value, apr_pool_t *pool)
{
    (void)value;
    return set_grow(draft, "on", pool);
}

static const char *take_other(void *draft, const char *word, apr_pool_t *pool)
{
    (void)pool;
    return strchr(word, '/') ? "a path is no name" : draw(draft, word, "");
}

enum { ANY, LARGE };

static const char *check(const void *draft, const shs_option_t *option)
{
    return option->tag == LARGE && ((const drawing_t *)draft)->is_small
               ? "is for large ones"
               : NULL;
}

static const shs_option_t options[] = {
    { "size=", set_size, ANY },         { "secure", set_secure, ANY },
    { "size-max=", set_size_max, ANY }, { "grow=", set_grow, LARGE },
    { "grow", set_grow_on, LARGE },     { NULL, NULL, ANY },
};

static const shs_option_table_t strict = { options, 0, NULL, NULL };
static const shs_option_table_t lenient = { options, 1, take_other, check };

/* Parses words that blanks separate. */
static const char *parse(drawing_t *drawing, const shs_option_table_t *table,
                         const char *text, unsigned *given)
{
    char **words;
    int count = 0;

    drawing->text = "";
    ck_assert_int_eq(apr_tokenize_to_argv(text, &words, p), APR_SUCCESS);
    while (words[count]) {
        ++count;
    }
    return shs_option_table_parse(given, table, drawing, count,
                                  (const char *const *)words, p);
}

static const struct {
    const shs_option_table_t *table;
    const char *words;
    const char *text;
    const char *why;
} accepted[] = {
    { &strict, "", "", "no word" },
    { &strict, "size=1M", "size=1M;", "a name and a value" },
    { &strict, "size-max=a=b", "size-max=a=b;", "a value with an =" },
    { &strict, "secure", "secure;", "a word alone" },
    { &strict, "size-max=2 secure size=1", "size-max=2;secure;size=1;",
      "any order" },
    { &strict, "grow", "grow=on;", "a name with and without a value" },
    { &strict, "grow=off", "grow=off;", "a name with and without a value" },
    { &lenient, "Size=1M SECURE", "size=1M;secure;", "case does not count" },
    { &lenient, "sid size=1 secures", "sid;size=1;secures;",
      "other words are not options" },
    { &lenient, "s_d=1", "s_d=1;", "not spelt like an option" },
    { &lenient, "sid sid", "sid;sid;", "other words may be repeated" },
};

START_TEST(option_table_parse__takes_options_and_other_words)
{
    drawing_t drawing = { NULL, 0 };
    unsigned given;
    const char *error =
        parse(&drawing, accepted[_i].table, accepted[_i].words, &given);

    ck_assert_msg(!error, "%s: %s", accepted[_i].why, error);
    ck_assert_str_eq(drawing.text, accepted[_i].text);
}
END_TEST

static const struct {
    const shs_option_table_t *table;
    const char *words;
    const char *error;
    const char *why;
} refused[] = {
    { &strict, "Size=1M",
      "unknown option 'Size'; there are size=, secure, size-max=, grow= and"
      " grow",
      "case counts" },
    { &strict, "sizes=1", "unknown option 'sizes'; ", "a longer name" },
    { &strict, "siz=1", "unknown option 'siz'; ", "a shorter name" },
    { &strict, "secures", "unknown option 'secures'; ", "a longer word" },
    { &strict, "=1", "unknown option ''; ", "no name" },
    { &strict, "\"\"", "unknown option ''; ", "nothing" },
    { &strict, "size", "option 'size' needs a value: size=...", "no value" },
    { &strict, "size=", "option 'size' needs a value: size=...", "no value" },
    { &strict, "secure=1", "option 'secure' takes no value", "a value" },
    { &strict, "secure=", "option 'secure' takes no value", "an =" },
    { &strict, "size=wrong", "size=: 'wrong' is no value",
      "the parser's words" },
    { &strict, "size=1 secure size=2", "size= is given twice: keep one",
      "two values" },
    { &strict, "size=1 size=1", "size= is given twice: keep one",
      "the same value" },
    { &strict, "secure secure", "secure is given twice: keep one",
      "a word alone" },
    { &strict, "grow=off grow", "grow is given twice: keep one",
      "with and without a value" },
    { &lenient, "size=1 SIZE=2", "size= is given twice: keep one",
      "in any case" },
    { &lenient, "sid SizE", "option 'SizE' needs a value: SizE=...",
      "in any case" },
    { &lenient, "colour=red", "unknown option 'colour'; ",
      "spelt like an option" },
    { &lenient, "a/b", "a path is no name", "the other words' error" },
    { &lenient, "grow=on", "grow= is for large ones", "does not apply" },
};

START_TEST(option_table_parse__says_what_is_wrong)
{
    drawing_t drawing = { NULL, 1 };
    unsigned given;
    const char *error =
        parse(&drawing, refused[_i].table, refused[_i].words, &given);

    ck_assert_msg(
        error && !strncmp(error, refused[_i].error, strlen(refused[_i].error)),
        "%s: %s", refused[_i].why, error ? error : "accepted");
}
END_TEST

START_TEST(option_table_parse__stops_at_the_first_error)
{
    drawing_t drawing = { NULL, 0 };
    unsigned given;

    ck_assert_pstr_eq(
        parse(&drawing, &strict, "size=1 size-max=wrong secure", &given),
        "size-max=: 'wrong' is no value");
    ck_assert_str_eq(drawing.text, "size=1;");
}
END_TEST

START_TEST(option_table_is_given__names_the_options)
{
    drawing_t drawing = { NULL, 0 };
    unsigned given;

    ck_assert_pstr_eq(parse(&drawing, &strict, "size=1 grow", &given), NULL);
    ck_assert(shs_option_table_is_given(&strict, given, "size"));
    ck_assert(shs_option_table_is_given(&strict, given, "grow"));
    ck_assert(!shs_option_table_is_given(&strict, given, "size-max"));
    ck_assert(!shs_option_table_is_given(&strict, given, "secure"));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, option_table_parse__takes_options_and_other_words,
                        0, ROWS(accepted));
    tcase_add_loop_test(tc, option_table_parse__says_what_is_wrong, 0,
                        ROWS(refused));
    tcase_add_test(tc, option_table_parse__stops_at_the_first_error);
    tcase_add_test(tc, option_table_is_given__names_the_options);
}

int main(void)
{
    return unit_main("option_table", add);
}
