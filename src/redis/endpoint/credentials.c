/* SPDX-License-Identifier: Apache-2.0
 *
 * The mutex is a POSIX one and is never destroyed: the last threads of a child
 * may still use it after the pool has gone. User and path do not change after
 * the configuration was read, so they are read without the lock.
 */
#include "redis/endpoint/credentials.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

struct shs_credentials_t {
    const char *user;
    const char *path;
    pthread_mutex_t lock; /* guards the fields below */
    int has_password;
    char password[SHS_CREDENTIALS_ROOM];
};

/* A memset() that the compiler cannot optimise away. */
static void wipe(char *secret, apr_size_t room)
{
    volatile char *c = secret;

    while (room > 0) {
        c[--room] = '\0';
    }
}

shs_credentials_t *shs_credentials_create(const char *user,
                                          const char *password, apr_pool_t *p)
{
    shs_credentials_t *credentials = apr_pcalloc(p, sizeof(*credentials));

    pthread_mutex_init(&credentials->lock, NULL);
    credentials->user = user;
    if (password) {
        assert(strlen(password) < sizeof(credentials->password));
        apr_cpystrn(credentials->password, password,
                    sizeof(credentials->password));
        credentials->has_password = 1;
    }
    return credentials;
}

/* Reads at most `room` octets. */
static apr_status_t read_beginning(char *text, apr_size_t room, apr_size_t *len,
                                   const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_READ, 0, p);

    *len = 0;
    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, room, len);
        apr_file_close(file);
    }
    return APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
}

/* Terminates the first line with a NUL. Returns what is wrong with it, or
 * NULL. */
static const char *cut_line(char text[SHS_CREDENTIALS_ROOM], apr_size_t len)
{
    apr_size_t end = 0;

    while (end < len && text[end] && text[end] != '\r' && text[end] != '\n') {
        ++end;
    }
    if (end == SHS_CREDENTIALS_ROOM) {
        return "has a first line of more than 8191 octets";
    }
    if (end < len && !text[end]) {
        return "has a NUL character in its first line: write it as text";
    }
    if (end == 0) {
        return len == 0 ? "is empty" : "has an empty first line";
    }
    wipe(text + end, SHS_CREDENTIALS_ROOM - end);
    return NULL;
}

/* Reads the first line. Only a regular file is opened, because a pipe would
 * block. */
static const char *read_password(char password[SHS_CREDENTIALS_ROOM],
                                 const char *path, apr_pool_t *p)
{
    char message[120];
    apr_finfo_t info;
    apr_size_t len = 0;
    const char *error;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE, p);

    if (rv == APR_SUCCESS && info.filetype != APR_REG) {
        return apr_psprintf(p, "password-file %s is not a regular file", path);
    }
    if (rv == APR_SUCCESS) {
        rv = read_beginning(password, SHS_CREDENTIALS_ROOM, &len, path, p);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "password-file %s cannot be read: %s", path,
                            apr_strerror(rv, message, sizeof(message)));
    }
    error = cut_line(password, len);
    return error ? apr_psprintf(p, "password-file %s %s", path, error) : NULL;
}

/* With the lock. */
static int is_current(const shs_credentials_t *credentials,
                      const char *password)
{
    if (!credentials->has_password || !password) {
        return !credentials->has_password && !password;
    }
    return !strcmp(credentials->password, password);
}

/* Replaces `old` by `password`, unless another thread has replaced it already.
 * Returns whether the current password now differs from `old`. */
static int replace(shs_credentials_t *credentials, const char *old,
                   const char *password)
{
    int is_other;

    pthread_mutex_lock(&credentials->lock);
    if (is_current(credentials, old)) {
        memcpy(credentials->password, password, strlen(password) + 1);
        credentials->has_password = 1;
    }
    is_other = !is_current(credentials, old);
    pthread_mutex_unlock(&credentials->lock);
    return is_other;
}

const char *shs_credentials_read_file(shs_credentials_t *credentials,
                                      const char *path, apr_pool_t *p)
{
    char password[SHS_CREDENTIALS_ROOM];
    const char *error = read_password(password, path, p);

    if (!error) {
        pthread_mutex_lock(&credentials->lock);
        memcpy(credentials->password, password, strlen(password) + 1);
        credentials->has_password = 1;
        pthread_mutex_unlock(&credentials->lock);
        credentials->path = path;
    }
    wipe(password, sizeof(password));
    return error;
}

const char *shs_credentials_user(const shs_credentials_t *credentials)
{
    return credentials->user;
}

const char *shs_credentials_file(const shs_credentials_t *credentials)
{
    return credentials->path;
}

const char *shs_credentials_password(shs_credentials_t *credentials,
                                     apr_pool_t *p)
{
    const char *password = NULL;

    pthread_mutex_lock(&credentials->lock);
    if (credentials->has_password) {
        password = apr_pstrdup(p, credentials->password);
    }
    pthread_mutex_unlock(&credentials->lock);
    return password;
}

const char *shs_credentials_reload(shs_credentials_t *credentials,
                                   const char *refused, apr_pool_t *p)
{
    char password[SHS_CREDENTIALS_ROOM];
    const char *error;
    int is_reloaded;

    pthread_mutex_lock(&credentials->lock);
    is_reloaded = !is_current(credentials, refused);
    pthread_mutex_unlock(&credentials->lock);
    if (is_reloaded) {
        return NULL;
    }
    if (!credentials->path) {
        return "there is no password-file";
    }
    error = read_password(password, credentials->path, p);
    if (!error && !replace(credentials, refused, password)) {
        error =
            apr_psprintf(p, "password-file %s has no other", credentials->path);
    }
    wipe(password, sizeof(password));
    return error;
}
