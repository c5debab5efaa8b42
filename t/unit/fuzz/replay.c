/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays the corpus: every file, every beginning of it, and every file with
 * one octet changed, so that a small corpus goes a long way. A parser without
 * a corpus is a failure.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

static const struct {
    const char *name;
    void (*fuzz)(const uint8_t *data, size_t size, apr_pool_t *p);
} parsers[] = {
    { "cookie", fuzz_cookie },       { "form", fuzz_form },
    { "json", fuzz_json },           { "resp", fuzz_resp },
    { "frame", fuzz_frame },         { "key", fuzz_key },
    { "path", fuzz_path },           { "slot", fuzz_slot },
    { "redirect", fuzz_redirect },   { "slot_map", fuzz_slot_map },
    { "sentinel", fuzz_sentinel },   { "urlencoded", fuzz_urlencoded },
    { "patch", fuzz_patch },         { "edit", fuzz_edit },
    { "inside", fuzz_inside },       { "scan", fuzz_scan },
    { "framework", fuzz_framework }, { "tomcat", fuzz_tomcat },
    { "fields", fuzz_fields },       { "id_steps", fuzz_id_steps },
    { "java", fuzz_java },           { "kryo", fuzz_kryo },
};

typedef void (*fuzz_fn)(const uint8_t *data, size_t size, apr_pool_t *p);

/* In memory that ends where the input does, for the sanitizer. */
static void once(fuzz_fn fuzz, const uint8_t *data, size_t size, apr_pool_t *p)
{
    uint8_t *copy = malloc(size ? size : 1);

    MUST(copy != NULL);
    memcpy(copy, data, size);
    fuzz(copy, size, p);
    free(copy);
    apr_pool_clear(p);
}

static int replay(fuzz_fn fuzz, const uint8_t *data, size_t size, apr_pool_t *p)
{
    static const uint8_t others[] = { 0, '\n', '"', '%', 0xff, '0', '-' };
    uint8_t *changed = malloc(size + 1);
    int count = 0;
    size_t i;
    size_t k;

    MUST(changed != NULL);
    for (i = 0; i <= size; i++, count++) {
        once(fuzz, data, i, p);
    }
    for (i = 0; i < size; i++) {
        memcpy(changed, data, size);
        for (k = 0; k < sizeof(others); k++, count++) {
            changed[i] = others[k];
            once(fuzz, changed, size, p);
        }
    }
    free(changed);
    return count;
}

static int replay_file(fuzz_fn fuzz, const char *name, apr_pool_t *p)
{
    static uint8_t data[65536];
    FILE *file = fopen(name, "rb");
    size_t size;

    if (!file) {
        return 0;
    }
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    return replay(fuzz, data, size, p);
}

static int replay_directory(fuzz_fn fuzz, const char *name, apr_pool_t *p,
                            apr_pool_t *scratch)
{
    apr_dir_t *dir;
    apr_finfo_t info;
    int count = 0;

    if (apr_dir_open(&dir, name, p) != APR_SUCCESS) {
        return 0;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] != '.') {
            count += replay_file(
                fuzz, apr_pstrcat(p, name, "/", info.name, NULL), scratch);
        }
    }
    apr_dir_close(dir);
    return count;
}

int main(void)
{
    const char *srcdir = getenv("srcdir");
    apr_pool_t *p;
    apr_pool_t *scratch;
    int failures = 0;
    size_t i;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&scratch, NULL);
    for (i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++) {
        const char *corpus =
            apr_pstrcat(p, srcdir ? srcdir : ".", "/t/unit/fuzz/corpus/",
                        parsers[i].name, NULL);
        int count = replay_directory(parsers[i].fuzz, corpus, p, scratch);

        printf("%s: %d inputs\n", parsers[i].name, count);
        if (count == 0) {
            printf("no corpus in %s\n", corpus);
            failures++;
        }
    }
    apr_pool_destroy(scratch);
    apr_pool_destroy(p);
    apr_terminate();
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
