/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread of a child reads the file at a time, and the others do not wait
 * for it: they go on with the secrets that there are. Only the thread that has
 * set is_busy uses the fields below it.
 */
#include "session/id/secret_file.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/interval.h"

/* A reading, and the octets that its secrets borrow. */
typedef struct snapshot_t {
    shs_secrets_t secrets;
    struct snapshot_t *older; /* NULL: this one is from the file's pool */
    apr_size_t len;
    char text[];
} snapshot_t;

/* Which state of a file was read. */
typedef struct version_t {
    apr_time_t mtime;
    apr_off_t size;
    apr_ino_t inode;
} version_t;

struct shs_secret_file_t {
    const char *path;
    _Atomic(snapshot_t *) current;
    _Atomic apr_int64_t
        tried_at; /* 0: never since the configuration was read */
    atomic_flag is_busy;
    version_t version;
    int is_unreadable;
};

/* What was read last, on the stack. */
typedef struct content_t {
    version_t version;
    apr_size_t len;
    char text[SHS_SECRET_FILE_MAX_SIZE + 1];
} content_t;

static const char *describe(const char *path, const char *what, apr_pool_t *p)
{
    return apr_pstrcat(p, "secret-file ", path, " ", what, NULL);
}

static const char *describe_status(const char *path, apr_status_t rv,
                                   apr_pool_t *p)
{
    char message[120];

    return apr_pstrcat(p, "secret-file ", path, " cannot be read: ",
                       apr_strerror(rv, message, sizeof(message)), NULL);
}

/* Only a regular file is opened, because a pipe would block. */
static const char *find_version(version_t *out, const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(
        &info, path,
        APR_FINFO_TYPE | APR_FINFO_MTIME | APR_FINFO_SIZE | APR_FINFO_INODE, p);

    memset(out, 0, sizeof(*out));
    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return describe_status(path, rv, p);
    }
    if (info.filetype != APR_REG) {
        return describe(path, "is not a regular file", p);
    }
    out->mtime = info.mtime;
    out->size = info.size;
    out->inode = info.inode;
    return NULL;
}

static int is_same_version(const version_t *a, const version_t *b)
{
    return a->mtime == b->mtime && a->size == b->size && a->inode == b->inode;
}

static const char *read_content(content_t *out, const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    /* A pipe may have taken the file's place since find_version(). */
    apr_status_t rv =
        apr_file_open(&file, path, APR_READ | APR_FOPEN_NONBLOCK, 0, p);

    out->len = 0;
    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_TYPE, file);
        if (rv == APR_SUCCESS && info.filetype != APR_REG) {
            apr_file_close(file);
            return describe(path, "is not a regular file", p);
        }
        rv = apr_file_read_full(file, out->text, sizeof(out->text), &out->len);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS && !APR_STATUS_IS_EOF(rv)) {
        return describe_status(path, rv, p);
    }
    if (out->len > SHS_SECRET_FILE_MAX_SIZE) {
        return describe(path, "is longer than 16384 octets", p);
    }
    return NULL;
}

/* The next line of the text at *from, without its end. */
static shs_octets_t cut_line(const char **from, const char *end)
{
    shs_octets_t line = { *from, 0 };
    const char *newline = memchr(*from, '\n', (apr_size_t)(end - *from));

    *from = newline ? newline + 1 : end;
    line.len = (apr_size_t)((newline ? newline : end) - line.data);
    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        --line.len;
    }
    return line;
}

/* Finds the secrets, which borrow the text. Returns what is wrong, or NULL. */
static const char *find_secrets(shs_secrets_t *out, const char *text,
                                apr_size_t len)
{
    const char *cursor = text;

    out->count = 0;
    if (memchr(text, '\0', len)) {
        return "has a NUL character: write the secrets as UTF-8 text";
    }
    if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) {
        return "begins with a byte order mark, which would be a part of the"
               " first secret: save the file without it";
    }
    while (cursor < text + len) {
        shs_octets_t line = cut_line(&cursor, text + len);

        if (line.len == 0 || *line.data == '#') {
            continue;
        }
        if (out->count == SHS_SECRET_FILE_MAX_SECRETS) {
            return "has more than 16 secrets: remove those that no cookie is"
                   " signed with";
        }
        out->list[out->count++] = line;
    }
    return out->count > 0 ? NULL
                          : "has no secret: write each secret in a line of its"
                            " own, as it is in the application";
}

/* Copies the content into `snapshot`, which has room for it. */
static const char *fill(snapshot_t *snapshot, const content_t *content,
                        const char *path, apr_pool_t *p)
{
    const char *error;

    memcpy(snapshot->text, content->text, content->len);
    snapshot->len = content->len;
    error = find_secrets(&snapshot->secrets, snapshot->text, snapshot->len);
    return error ? describe(path, error, p) : NULL;
}

/* Frees what was read since the file was created. */
static apr_status_t on_end_of_pool(void *file)
{
    snapshot_t *snapshot = atomic_load(&((shs_secret_file_t *)file)->current);

    while (snapshot && snapshot->older) {
        snapshot_t *older = snapshot->older;

        OPENSSL_cleanse(snapshot->text, snapshot->len);
        free(snapshot);
        snapshot = older;
    }
    return APR_SUCCESS;
}

const char *shs_secret_file_create(shs_secret_file_t **out, const char *path,
                                   apr_pool_t *p)
{
    shs_secret_file_t *file = apr_pcalloc(p, sizeof(*file));
    snapshot_t *snapshot;
    content_t content;
    const char *error = find_version(&content.version, path, p);

    if (!error) {
        error = read_content(&content, path, p);
    }
    if (!error) {
        snapshot = apr_pcalloc(p, sizeof(*snapshot) + content.len);
        error = fill(snapshot, &content, path, p);
        file->path = path;
        file->version = content.version;
        atomic_init(&file->current, snapshot);
        atomic_init(&file->tried_at, 0);
        atomic_flag_clear(&file->is_busy);
        apr_pool_cleanup_register(p, file, on_end_of_pool,
                                  apr_pool_cleanup_null);
    }
    OPENSSL_cleanse(&content, sizeof(content));
    *out = error ? NULL : file;
    return error;
}

const char *shs_secret_file_path(const shs_secret_file_t *file)
{
    return file->path;
}

int shs_secret_file_is_same(const shs_secret_file_t *a,
                            const shs_secret_file_t *b)
{
    return a == b || (a && b && !strcmp(a->path, b->path));
}

const shs_secrets_t *shs_secret_file_secrets(const shs_secret_file_t *file)
{
    return &atomic_load((_Atomic(snapshot_t *) *)&file->current)->secrets;
}

/* Makes the content current, unless it is already. */
static const char *replace(shs_secret_file_t *file, const content_t *content,
                           int *is_other, apr_pool_t *p)
{
    snapshot_t *old = atomic_load(&file->current);
    snapshot_t *snapshot;
    const char *error;

    *is_other = content->len != old->len
                || memcmp(content->text, old->text, old->len) != 0;
    if (!*is_other) {
        return NULL;
    }
    snapshot = calloc(1, sizeof(*snapshot) + content->len);
    if (!snapshot) {
        return describe(file->path, "cannot be read: no memory", p);
    }
    error = fill(snapshot, content, file->path, p);
    if (error) {
        OPENSSL_cleanse(snapshot->text, snapshot->len);
        free(snapshot);
        return error;
    }
    snapshot->older = old;
    atomic_store(&file->current, snapshot);
    return NULL;
}

/* Reads the file if it has changed since the last time, or could not be read
 * then. */
static const char *read_changed(shs_secret_file_t *file, int *is_other,
                                apr_pool_t *p)
{
    content_t content;
    const char *error = find_version(&content.version, file->path, p);

    *is_other = 0;
    if (error
        || (!file->is_unreadable
            && is_same_version(&content.version, &file->version))) {
        return error;
    }
    error = read_content(&content, file->path, p);
    if (!error) {
        error = replace(file, &content, is_other, p);
    }
    if (!error) {
        file->version = content.version;
    }
    OPENSSL_cleanse(&content, sizeof(content));
    return error;
}

shs_secret_state_t shs_secret_file_refresh(shs_secret_file_t *file,
                                           const shs_secrets_t *used,
                                           apr_time_t now, const char **reason,
                                           apr_pool_t *p)
{
    shs_secret_state_t state = SHS_SECRET_SAME;
    const char *error;
    int is_other;

    if (shs_secret_file_secrets(file) != used) {
        return SHS_SECRET_CHANGED;
    }
    if (!shs_interval_claim(&file->tried_at, apr_time_from_sec(1), now)
        || atomic_flag_test_and_set(&file->is_busy)) {
        return SHS_SECRET_SAME;
    }
    error = read_changed(file, &is_other, p);
    if (error && !file->is_unreadable) {
        *reason = error;
        state = SHS_SECRET_UNREADABLE;
    }
    else if (!error && is_other) {
        state = SHS_SECRET_READ;
    }
    file->is_unreadable = error != NULL;
    atomic_flag_clear(&file->is_busy);
    return state;
}
