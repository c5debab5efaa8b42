/* SPDX-License-Identifier: Apache-2.0
 *
 * mod_session_files: a store provider that keeps each session in a file, built
 * by what mod_shared_session_provider.h says and nothing else:
 *
 *   SharedSessionStore files:///var/lib/sessions [timeout=MILLISECONDS]
 *
 * A file is named by its key in hexadecimal. Its first line is "F" (fields) or
 * "S" (a string) and the time in microseconds at which it expires, or 0. The
 * string follows; or each field, as a line with the two lengths, the name, and
 * the value. A new file replaces the old one in one step, so a reader needs no
 * lock. A writer locks the file "lock", and adds the key to the file "changes",
 * where the trackers of all hosts look for invalidations. (Nothing shortens it:
 * this is a test.) It has no sets, so a session has no members in one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <ap_provider.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <httpd.h>
#include <http_config.h>

#include "mod_shared_session_provider.h"

/* All hosts see the same files: one server. */
#define SERVER_ID 1

/* Shared by the children of the host. */
typedef struct host_state_t {
    apr_uint32_t is_down;
    apr_uint32_t reads;
    apr_uint32_t writes;
} host_state_t;

typedef struct files_t {
    const char *directory;
    const char *lock; /* files in it */
    const char *changes;
    apr_interval_time_t timeout;
    host_state_t *host_state; /* from here on: of this child */
    const shs_invalidation_sink_t *sink;
    apr_thread_t *tracker;
    apr_uint32_t is_ending;
} files_t;

/* The clock of deadlines. */
static apr_time_t now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (apr_time_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* ------------------------------------------------------------------ create */

static const char *create(void **self, shs_provider_words_t *words,
                          const char *url, const apr_array_header_t *options,
                          apr_pool_t *p)
{
    files_t *files = apr_pcalloc(p, sizeof(*files));
    int i;

    files->directory = strstr(url, "://") + 3;
    files->timeout = 2 * APR_USEC_PER_SEC;
    if (*files->directory != '/') {
        return "a path is needed, as in files:///var/lib/sessions";
    }
    for (i = 0; i < options->nelts; ++i) {
        const char *option = APR_ARRAY_IDX(options, i, const char *);

        if (strncmp(option, "timeout=", 8) != 0 || atoi(option + 8) < 1) {
            return apr_psprintf(p,
                                "unknown option %s; there is timeout=", option);
        }
        files->timeout = apr_time_from_msec(atoi(option + 8));
    }
    files->lock = apr_pstrcat(p, files->directory, "/lock", NULL);
    files->changes = apr_pstrcat(p, files->directory, "/changes", NULL);
    *self = files;
    words->url = url;
    words->location = files->directory;
    words->options =
        apr_psprintf(p, "timeout=%dms", (int)apr_time_as_msec(files->timeout));
    words->identity = apr_pstrcat(p, url, " ", words->options, NULL);
    return NULL;
}

static apr_size_t host_state_size(const void *self)
{
    (void)self;
    return sizeof(host_state_t);
}

static int start_child(void *self, void *host_state, int threads,
                       apr_pool_t *pchild)
{
    files_t *files = self;

    (void)threads;
    (void)pchild;
    files->host_state = host_state;
    return 1;
}

static apr_interval_time_t timeout(const void *self)
{
    return ((const files_t *)self)->timeout;
}

/* -------------------------------------------------------------------- load */

/* A stored value. */
typedef struct value_t {
    shs_record_t record;
    apr_time_t expires_at; /* of apr_time_now(); 0: never */
} value_t;

static const char *path_of(const files_t *files, shs_octets_t key,
                           apr_pool_t *p)
{
    char *name = apr_palloc(p, 2 * key.len + 1);
    apr_size_t i;

    for (i = 0; i < key.len; ++i) {
        apr_snprintf(name + 2 * i, 3, "%02x", (unsigned char)key.data[i]);
    }
    name[2 * key.len] = '\0';
    return apr_pstrcat(p, files->directory, "/", name, NULL);
}

/* Cuts a line, without its end; NULL: there is none. */
static const char *cut_line(shs_octets_t *rest, apr_pool_t *p)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    const char *line;

    if (!end) {
        return NULL;
    }
    line = apr_pstrmemdup(p, rest->data, (apr_size_t)(end - rest->data));
    rest->len -= (apr_size_t)(end + 1 - rest->data);
    rest->data = end + 1;
    return line;
}

static shs_octets_t cut(shs_octets_t *rest, apr_size_t len)
{
    shs_octets_t part = { rest->data, len };

    rest->data += len;
    rest->len -= len;
    return part;
}

static int parse_fields(shs_record_t *record, shs_octets_t rest, apr_pool_t *p)
{
    apr_array_header_t *fields =
        apr_array_make(p, 8, sizeof(shs_record_field_t));

    while (rest.len > 0) {
        const char *line = cut_line(&rest, p);
        unsigned long name, value;
        shs_record_field_t *field;

        if (!line || sscanf(line, "%lu %lu", &name, &value) != 2
            || name > rest.len || value > rest.len - name) {
            return 0;
        }
        field = apr_array_push(fields);
        field->name = cut(&rest, name);
        field->value = cut(&rest, value);
    }
    record->fields = (const shs_record_field_t *)fields->elts;
    record->count = (apr_size_t)fields->nelts;
    return 1;
}

/* Returns 0 when the file is damaged. */
static int parse(value_t *value, shs_octets_t rest, apr_pool_t *p)
{
    const char *line = cut_line(&rest, p);
    char shape;

    if (!line
        || sscanf(line, "%c %" APR_TIME_T_FMT, &shape, &value->expires_at)
               != 2) {
        return 0;
    }
    if (shape == 'S') {
        value->record.shape = SHS_SHAPE_STRING;
        value->record.string = rest;
        return 1;
    }
    value->record.shape = SHS_SHAPE_FIELDS;
    return shape == 'F' && parse_fields(&value->record, rest, p);
}

static int is_equal(shs_octets_t a, shs_octets_t b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

/* Of the fields those that the query names, in that order. */
static void select_fields(shs_record_t *record, const shs_query_t *query,
                          apr_pool_t *p)
{
    apr_array_header_t *fields =
        apr_array_make(p, 8, sizeof(shs_record_field_t));
    apr_size_t i, k;

    for (i = 0; i < query->name_count; ++i) {
        for (k = 0; k < record->count; ++k) {
            if (is_equal(record->fields[k].name, query->names[i])) {
                APR_ARRAY_PUSH(fields, shs_record_field_t) = record->fields[k];
            }
        }
    }
    record->fields = (const shs_record_field_t *)fields->elts;
    record->count = (apr_size_t)fields->nelts;
}

static apr_size_t measure(const shs_record_t *record)
{
    apr_size_t octets = record->string.len;
    apr_size_t i;

    for (i = 0; i < record->count; ++i) {
        octets += record->fields[i].name.len + record->fields[i].value.len;
    }
    return octets;
}

/* Opens a file for reading. A file that is not there is ABSENT only in a
 * directory that is there. */
static shs_outcome_t open_file(int *fd, const char **reason,
                               const files_t *files, const char *path)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd >= 0) {
        return SHS_OUTCOME_FOUND;
    }
    if (errno == ENOENT && access(files->directory, X_OK) == 0) {
        *reason = "there is no such file";
        return SHS_OUTCOME_ABSENT;
    }
    *reason = "the directory cannot be read";
    return SHS_OUTCOME_UNAVAILABLE;
}

/* Reads a file, unless it is larger than any session of that size can be. With
 * names it may be: the other fields do not count. */
static shs_outcome_t read_file(shs_octets_t *octets, const char **reason,
                               int fd, const shs_query_t *query, apr_pool_t *p)
{
    struct stat is;
    char *buffer;

    if (fstat(fd, &is) != 0) {
        *reason = "the file cannot be read";
        return SHS_OUTCOME_UNAVAILABLE;
    }
    if (!query->names
        && (apr_size_t)is.st_size
               > query->max_octets + 32 * SHS_STORE_MAX_FIELDS) {
        *reason = "it is larger than SharedSessionMaxSize";
        return SHS_OUTCOME_MALFORMED;
    }
    buffer = apr_palloc(p, (apr_size_t)is.st_size + 1);
    if (read(fd, buffer, (apr_size_t)is.st_size) != (ssize_t)is.st_size) {
        *reason = "the file cannot be read";
        return SHS_OUTCOME_UNAVAILABLE;
    }
    octets->data = buffer;
    octets->len = (apr_size_t)is.st_size;
    return SHS_OUTCOME_FOUND;
}

static shs_outcome_t load_value(value_t *value, const char **reason,
                                const files_t *files, const shs_query_t *query,
                                apr_pool_t *p)
{
    shs_octets_t octets = { "", 0 };
    apr_time_t time = apr_time_now();
    shs_outcome_t outcome;
    int is_whole;
    int fd;

    memset(value, 0, sizeof(*value));
    outcome = open_file(&fd, reason, files, path_of(files, query->key, p));
    if (outcome != SHS_OUTCOME_FOUND) {
        return outcome;
    }
    outcome = read_file(&octets, reason, fd, query, p);
    close(fd);
    if (outcome != SHS_OUTCOME_FOUND) {
        return outcome;
    }
    is_whole = parse(value, octets, p) && value->record.shape == query->shape;
    if (is_whole && query->names) {
        select_fields(&value->record, query, p);
    }
    if (!is_whole || measure(&value->record) > query->max_octets
        || value->record.count > SHS_STORE_MAX_FIELDS) {
        *reason = "the file is damaged, too large, or of another format";
        return SHS_OUTCOME_MALFORMED;
    }
    if (value->expires_at != 0 && value->expires_at <= time) {
        *reason = "it has expired";
        return SHS_OUTCOME_ABSENT;
    }
    if (query->names && value->record.count == 0) {
        *reason = "it has none of the fields";
        return SHS_OUTCOME_ABSENT;
    }
    value->record.ttl =
        value->expires_at != 0 ? value->expires_at - time : SHS_TTL_FOREVER;
    return SHS_OUTCOME_FOUND;
}

/* Sets the transition for one caller of the host. */
static void note(shs_result_t *result, const files_t *files, int is_down)
{
    apr_uint32_t *word = &files->host_state->is_down;

    if (is_down && apr_atomic_cas32(word, 1, 0) == 0) {
        result->transition = SHS_TRANSITION_DOWN;
        result->transition_reason = result->reason;
    }
    else if (!is_down && apr_atomic_read32(word) == 1
             && apr_atomic_cas32(word, 0, 1) == 1) {
        result->transition = SHS_TRANSITION_UP;
    }
}

static shs_outcome_t load(shs_result_t *result, void *self,
                          const shs_query_t *query, apr_pool_t *p)
{
    files_t *files = self;
    value_t value;
    shs_outcome_t outcome =
        load_value(&value, &result->reason, files, query, p);

    result->record = value.record;
    result->server_id = SERVER_ID;
    note(result, files, outcome == SHS_OUTCOME_UNAVAILABLE);
    apr_atomic_inc32(&files->host_state->reads);
    return outcome;
}

/* ------------------------------------------------------------------- write */

/* What a write does to a file. */
typedef struct step_t {
    enum { KEEP, STORE, REMOVE } effect;
    value_t value;              /* STORE; at first as it is stored */
    apr_array_header_t *fields; /* those of the value, while they change */
} step_t;

static shs_record_field_t *find_field(const step_t *step, shs_octets_t name)
{
    int i;

    for (i = 0; i < step->fields->nelts; ++i) {
        shs_record_field_t *field =
            &APR_ARRAY_IDX(step->fields, i, shs_record_field_t);

        if (is_equal(field->name, name)) {
            return field;
        }
    }
    return NULL;
}

/* Whether a field has that value; without data: whether there is none. */
static int has_field(const step_t *step, const shs_record_field_t *wanted)
{
    const shs_record_field_t *field = find_field(step, wanted->name);

    return wanted->value.data ? field && is_equal(field->value, wanted->value)
                              : !field;
}

static int has_fields(const step_t *step, const shs_record_field_t *wanted,
                      apr_size_t count)
{
    while (count > 0 && has_field(step, &wanted[count - 1])) {
        --count;
    }
    return count == 0;
}

static void set_field(step_t *step, shs_octets_t name, shs_octets_t value)
{
    shs_record_field_t *field = find_field(step, name);

    if (!field) {
        field = apr_array_push(step->fields);
        field->name = name;
    }
    field->value = value;
}

static void remove_field(step_t *step, shs_octets_t name)
{
    shs_record_field_t *field = find_field(step, name);

    if (field) {
        *field = *(shs_record_field_t *)apr_array_pop(step->fields);
    }
}

static shs_octets_t octets_of(const char *text)
{
    shs_octets_t octets = { text, strlen(text) };

    return octets;
}

static void set_accessed(step_t *step, const shs_write_t *write, apr_pool_t *p)
{
    set_field(
        step, octets_of(SHS_METADATA_ACCESSED),
        octets_of(apr_psprintf(p, "%" APR_INT64_T_FMT, write->accessed_at_ms)));
}

static int is_rotated(const step_t *step, const shs_write_t *write)
{
    shs_octets_t string = step->value.record.string;

    if (write->at.shape == SHS_SHAPE_FIELDS) {
        return find_field(step, octets_of(SHS_METADATA_ROTATED)) != NULL;
    }
    return write->rotated.len > 0 && string.len >= write->rotated.len
           && !memcmp(string.data, write->rotated.data, write->rotated.len);
}

static shs_wrote_t store(step_t *step)
{
    step->effect = STORE;
    return SHS_WROTE_DONE;
}

static shs_wrote_t run_create(step_t *step, const shs_write_t *write)
{
    const shs_edit_t *edit = &write->edit;
    apr_size_t i;

    step->value.record.shape = write->at.shape;
    step->value.record.string = edit->string;
    step->value.expires_at = apr_time_now() + write->ttl;
    for (i = 0; i < edit->count; ++i) {
        set_field(step, edit->fields[i].name, edit->fields[i].value);
    }
    return store(step);
}

/* A CREATE that finds the key. */
static shs_wrote_t run_create_again(const step_t *step,
                                    const shs_write_t *write)
{
    int is_mine = write->at.shape == SHS_SHAPE_STRING
                      ? is_equal(step->value.record.string, write->edit.string)
                      : has_field(step, write->edit.fields);

    return is_mine ? SHS_WROTE_DONE : SHS_WROTE_CONFLICT;
}

/* CHANGE and FORWARD of a string. */
static shs_wrote_t swap_string(step_t *step, const shs_write_t *write)
{
    if (is_equal(step->value.record.string, write->edit.string)) {
        return SHS_WROTE_DONE;
    }
    if (!is_equal(step->value.record.string, write->was->string)) {
        return SHS_WROTE_CONFLICT;
    }
    step->value.record.string = write->edit.string;
    return store(step);
}

static shs_wrote_t run_change(step_t *step, const shs_write_t *write,
                              apr_pool_t *p)
{
    const shs_edit_t *edit = &write->edit;
    shs_record_t changed = { SHS_SHAPE_FIELDS, { "", 0 }, NULL, 0, 0 };
    apr_size_t i;

    if (write->at.shape == SHS_SHAPE_STRING) {
        return swap_string(step, write);
    }
    if (is_rotated(step, write)) {
        return SHS_WROTE_CONFLICT;
    }
    if (!has_fields(step, edit->expected, edit->expected_count)) {
        return has_fields(step, edit->fields, edit->count) ? SHS_WROTE_DONE
                                                           : SHS_WROTE_CONFLICT;
    }
    for (i = 0; i < edit->count; ++i) {
        set_field(step, edit->fields[i].name, edit->fields[i].value);
    }
    for (i = 0; i < edit->name_count; ++i) {
        remove_field(step, edit->names[i]);
    }
    changed.fields = (const shs_record_field_t *)step->fields->elts;
    changed.count = (apr_size_t)step->fields->nelts;
    if (measure(&changed) > write->at.max_octets
        || changed.count > SHS_STORE_MAX_FIELDS) {
        return SHS_WROTE_TOO_LARGE;
    }
    set_accessed(step, write, p);
    return store(step);
}

static shs_wrote_t run_touch(step_t *step, const shs_write_t *write,
                             apr_pool_t *p)
{
    apr_time_t time = apr_time_now();

    if (is_rotated(step, write)) {
        return SHS_WROTE_GONE;
    }
    if (step->value.expires_at - time > write->due) {
        return SHS_WROTE_DONE;
    }
    step->value.expires_at = time + write->ttl;
    if (write->at.shape == SHS_SHAPE_FIELDS) {
        set_accessed(step, write, p);
    }
    return store(step);
}

/* Whether the fields are still those that the caller has read. */
static int is_unchanged(const step_t *step, const shs_record_t *was)
{
    shs_octets_t accessed = octets_of(SHS_METADATA_ACCESSED);
    int wanted = 0;
    int stored = step->fields->nelts - (find_field(step, accessed) != NULL);
    apr_size_t i;

    for (i = 0; i < was->count; ++i) {
        if (!is_equal(was->fields[i].name, accessed)) {
            ++wanted;
            if (!has_field(step, &was->fields[i])) {
                return 0;
            }
        }
    }
    return wanted == stored;
}

static shs_wrote_t mark_fields(step_t *step, const shs_write_t *write)
{
    const shs_record_field_t *mark = &write->edit.fields[0];

    if (is_rotated(step, write)) {
        return has_field(step, mark) ? SHS_WROTE_DONE : SHS_WROTE_CONFLICT;
    }
    if (!is_unchanged(step, write->was)) {
        return SHS_WROTE_CONFLICT;
    }
    if (!write->keeps) {
        apr_array_clear(step->fields);
    }
    set_field(step, mark->name, mark->value);
    return store(step);
}

static shs_wrote_t run_forward(step_t *step, const shs_write_t *write)
{
    apr_time_t latest = apr_time_now() + write->ttl;
    shs_wrote_t wrote = write->at.shape == SHS_SHAPE_STRING
                            ? swap_string(step, write)
                            : mark_fields(step, write);

    if (step->effect == STORE && write->ttl == 0) {
        step->effect = REMOVE;
    }
    if (step->value.expires_at == 0 || step->value.expires_at > latest) {
        step->value.expires_at = latest;
    }
    return wrote;
}

static shs_wrote_t run_remove(step_t *step, const shs_write_t *write)
{
    if (is_rotated(step, write) && !write->knows_rotated) {
        return SHS_WROTE_CONFLICT;
    }
    step->effect = REMOVE;
    return SHS_WROTE_DONE;
}

/* --- of another program's session */

/* Whether the field is there, with that value; without data: with any. */
static int is_expected(const step_t *step, const shs_record_field_t *wanted)
{
    const shs_record_field_t *field = find_field(step, wanted->name);

    return field
           && (!wanted->value.data || is_equal(field->value, wanted->value));
}

static shs_wrote_t touch_foreign(step_t *step, const shs_write_t *write,
                                 int has_companion)
{
    apr_time_t time = apr_time_now();

    if (step->value.expires_at == 0
        || step->value.expires_at - time > write->due) {
        return SHS_WROTE_DONE;
    }
    if (!has_companion) {
        return SHS_WROTE_GONE;
    }
    step->value.expires_at = time + write->ttl;
    return store(step);
}

static shs_wrote_t run_foreign(step_t *step, const shs_write_t *write,
                               int has_companion)
{
    const shs_foreign_t *foreign = write->foreign;
    shs_wrote_t wrote = SHS_WROTE_DONE;
    apr_size_t i;

    for (i = 0; i < foreign->expected_count; ++i) {
        if (!is_expected(step, &foreign->expected[i])) {
            return SHS_WROTE_GONE;
        }
    }
    if (write->kind == SHS_WRITE_TOUCH) {
        wrote = touch_foreign(step, write, has_companion);
    }
    else if (foreign->keeps > 0) {
        step->value.expires_at = apr_time_now() + foreign->keeps;
        store(step);
    }
    else {
        step->effect = REMOVE;
    }
    for (i = 0; step->effect == STORE && i < foreign->count; ++i) {
        set_field(step, foreign->fields[i].name, foreign->fields[i].value);
    }
    return wrote;
}

/* Decides what a write does to the value that is stored. */
static shs_wrote_t run_step(step_t *step, const shs_write_t *write,
                            apr_pool_t *p)
{
    switch (write->kind) {
    case SHS_WRITE_CREATE:
        return run_create_again(step, write);
    case SHS_WRITE_CHANGE:
        return run_change(step, write, p);
    case SHS_WRITE_TOUCH:
        return run_touch(step, write, p);
    case SHS_WRITE_FORWARD:
        return run_forward(step, write);
    case SHS_WRITE_REMOVE:
        return run_remove(step, write);
    }
    return SHS_WROTE_UNAVAILABLE;
}

static int write_value(FILE *out, const step_t *step)
{
    const shs_record_t *record = &step->value.record;
    int is_string = record->shape == SHS_SHAPE_STRING;
    int i;

    fprintf(out, "%c %" APR_TIME_T_FMT "\n", is_string ? 'S' : 'F',
            step->value.expires_at);
    if (is_string) {
        fwrite(record->string.data, 1, record->string.len, out);
    }
    for (i = 0; !is_string && i < step->fields->nelts; ++i) {
        const shs_record_field_t *field =
            &APR_ARRAY_IDX(step->fields, i, shs_record_field_t);

        fprintf(out, "%lu %lu\n", (unsigned long)field->name.len,
                (unsigned long)field->value.len);
        fwrite(field->name.data, 1, field->name.len, out);
        fwrite(field->value.data, 1, field->value.len, out);
    }
    return !ferror(out);
}

/* Replaces the file in one step. */
static int store_file(const step_t *step, const char *path, apr_pool_t *p)
{
    const char *draft = apr_pstrcat(p, path, ".new", NULL);
    FILE *out = fopen(draft, "we");
    int is_whole;

    if (!out) {
        return 0;
    }
    is_whole = write_value(out, step);
    is_whole = fclose(out) == 0 && is_whole;
    return is_whole && rename(draft, path) == 0;
}

/* Tells the trackers of all hosts. */
static int add_invalidation(const files_t *files, const char *path)
{
    FILE *out = fopen(files->changes, "ae");

    if (!out) {
        return 0;
    }
    fprintf(out, "%s\n", strrchr(path, '/') + 1);
    return fclose(out) == 0;
}

static int run_effect(const files_t *files, const step_t *step,
                      const char *path, apr_pool_t *p)
{
    int is_done = 1;

    switch (step->effect) {
    case KEEP:
        return 1;
    case STORE:
        is_done = store_file(step, path, p);
        break;
    case REMOVE:
        is_done = unlink(path) == 0;
        break;
    }
    return add_invalidation(files, path) && is_done;
}

/* -1: not within the deadline, or there is no directory. */
static int lock(const files_t *files, apr_time_t deadline)
{
    int fd = open(files->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (now() >= deadline) {
            close(fd);
            return -1;
        }
        apr_sleep(1000);
    }
    return fd;
}

/* The companion, a string. Returns 0 if it does not exist. */
static int load_companion(step_t *step, shs_query_t *query,
                          const files_t *files, const shs_write_t *write,
                          apr_pool_t *p)
{
    const char *reason;

    memset(step, 0, sizeof(*step));
    *query = write->at;
    query->key = write->foreign->companion;
    query->shape = SHS_SHAPE_STRING;
    query->names = NULL;
    query->name_count = 0;
    return query->key.len > 0
           && load_value(&step->value, &reason, files, query, p)
                  == SHS_OUTCOME_FOUND;
}

/* After the session's own key. */
static int write_companion(const files_t *files, const shs_write_t *write,
                           apr_pool_t *p)
{
    shs_query_t query;
    step_t step;

    if (!load_companion(&step, &query, files, write, p)) {
        return 1;
    }
    step.effect = REMOVE;
    if (write->kind == SHS_WRITE_TOUCH && step.value.expires_at == 0) {
        step.effect = KEEP;
    }
    else if (write->kind == SHS_WRITE_TOUCH) {
        step.value.expires_at = apr_time_now() + write->foreign->companion_ttl;
        step.effect = STORE;
    }
    return run_effect(files, &step, path_of(files, query.key, p), p);
}

static shs_wrote_t run_found(step_t *step, const files_t *files,
                             const shs_write_t *write, apr_pool_t *p)
{
    shs_query_t query;
    step_t companion;
    apr_size_t i;

    for (i = 0; i < step->value.record.count; ++i) {
        APR_ARRAY_PUSH(step->fields, shs_record_field_t) =
            step->value.record.fields[i];
    }
    return write->foreign ? run_foreign(
               step, write,
               write->foreign->companion.len == 0
                   || load_companion(&companion, &query, files, write, p))
                          : run_step(step, write, p);
}

static shs_wrote_t write_locked(const char **reason, const files_t *files,
                                const shs_write_t *write, apr_pool_t *p)
{
    shs_wrote_t wrote = SHS_WROTE_GONE;
    shs_query_t whole = write->at;
    int ends_rest = 0;
    step_t step;

    memset(&step, 0, sizeof(step));
    step.fields = apr_array_make(p, 8, sizeof(shs_record_field_t));
    whole.names = NULL;
    whole.name_count = 0;
    switch (load_value(&step.value, reason, files, &whole, p)) {
    case SHS_OUTCOME_FOUND:
        wrote = run_found(&step, files, write, p);
        ends_rest = step.effect != KEEP;
        break;
    case SHS_OUTCOME_ABSENT:
        if (write->kind == SHS_WRITE_CREATE) {
            wrote = run_create(&step, write);
        }
        ends_rest = write->kind == SHS_WRITE_REMOVE;
        break;
    case SHS_OUTCOME_MALFORMED:
        return SHS_WROTE_MALFORMED;
    case SHS_OUTCOME_NONE:
    case SHS_OUTCOME_UNAVAILABLE:
        return SHS_WROTE_UNAVAILABLE;
    }
    if (!run_effect(files, &step, path_of(files, write->at.key, p), p)
        || (write->foreign && ends_rest && !write_companion(files, write, p))) {
        *reason = "the directory cannot be written";
        return SHS_WROTE_UNAVAILABLE;
    }
    return wrote;
}

static shs_wrote_t write_to(shs_result_t *result, void *self,
                            const shs_write_t *write, apr_pool_t *p)
{
    files_t *files = self;
    int fd = lock(files, write->at.deadline);
    shs_wrote_t wrote;

    apr_atomic_inc32(&files->host_state->writes);
    result->reason = "another writer won, or the session is gone";
    if (fd < 0) {
        result->reason = "the directory cannot be locked";
        note(result, files, 1);
        return SHS_WROTE_UNAVAILABLE;
    }
    wrote = write_locked(&result->reason, files, write, p);
    close(fd);
    note(result, files, wrote == SHS_WROTE_UNAVAILABLE);
    return wrote;
}

/* ------------------------------------------------------------------- track */

/* Delivers the lines of "changes" that are new. */
static void deliver(const shs_invalidation_sink_t *sink, FILE *changes)
{
    char line[2048];

    while (fgets(line, sizeof(line), changes)) {
        char octets[sizeof(line) / 2];
        shs_octets_t key = { octets, strspn(line, "0123456789abcdef") / 2 };
        apr_size_t i;

        for (i = 0; i < key.len; ++i) {
            char hex[3] = { line[2 * i], line[2 * i + 1], '\0' };

            octets[i] = (char)strtol(hex, NULL, 16);
        }
        sink->invalidate(sink->baton, key);
    }
    clearerr(changes);
}

/* A writer replaces the file and adds the line under the lock: so the
 * holder of the lock sees the lines of all writes that ended before. */
static int deliver_all(const files_t *files, FILE *changes)
{
    apr_time_t at = now();
    int fd = lock(files, at + files->sink->lease / 4);

    if (fd < 0) {
        return 0;
    }
    deliver(files->sink, changes);
    close(fd);
    files->sink->extend_lease(files->sink->baton, at);
    return 1;
}

/* Tracks as long as this child is the leader. */
static void track_term(files_t *files, FILE *changes, apr_uint32_t term)
{
    static const apr_uint32_t server_id = SERVER_ID;
    const shs_invalidation_sink_t *sink = files->sink;

    fseek(changes, 0, SEEK_END);
    sink->flush(sink->baton);
    sink->set_servers(sink->baton, &server_id, 1);
    sink->set_down(sink->baton, NULL);
    while (!apr_atomic_read32(&files->is_ending)
           && sink->lead(sink->baton, now()) == term
           && deliver_all(files, changes)) {
        apr_sleep(20000);
    }
}

static void *APR_THREAD_FUNC track_all(apr_thread_t *thread, void *self)
{
    files_t *files = self;
    const shs_invalidation_sink_t *sink = files->sink;

    (void)thread;
    while (!apr_atomic_read32(&files->is_ending)) {
        apr_uint32_t term = sink->lead(sink->baton, now());
        FILE *changes = term != 0 ? fopen(files->changes, "a+e") : NULL;

        if (changes) {
            track_term(files, changes, term);
            fclose(changes);
        }
        else if (term != 0) {
            sink->set_down(sink->baton, "the directory cannot be read");
        }
        apr_sleep(50000);
    }
    return NULL;
}

static apr_status_t end_tracker(void *self)
{
    files_t *files = self;
    apr_status_t rv;

    apr_atomic_set32(&files->is_ending, 1);
    return apr_thread_join(&rv, files->tracker);
}

/* The thread has a pool below pchild, so it ends before these are destroyed. */
static int track(void *self, const shs_invalidation_sink_t *sink,
                 apr_pool_t *pchild)
{
    files_t *files = self;

    files->sink = sink;
    if (apr_thread_create(&files->tracker, NULL, track_all, files, pchild)
        != APR_SUCCESS) {
        return 0;
    }
    apr_pool_pre_cleanup_register(pchild, files, end_tracker);
    return 1;
}

/* ------------------------------------------------------------------ report */

static const shs_metric_t directory = { "Directory", SHS_METRIC_TEXT,
                                        "Whether it can be read." };
static const shs_metric_t reads = { "Reads", SHS_METRIC_COUNTER,
                                    "Files that were read." };
static const shs_metric_t writes = { "Writes", SHS_METRIC_COUNTER,
                                     "Writes, whatever their result." };

static void report(shs_report_fn tell, void *baton, const void *self,
                   const void *host_state, apr_pool_t *p)
{
    const host_state_t *is = host_state;

    (void)self;
    tell(baton, &directory, is->is_down ? "<not readable>" : "readable");
    tell(baton, &reads, apr_psprintf(p, "%u", is->reads));
    tell(baton, &writes, apr_psprintf(p, "%u", is->writes));
}

static const shs_provider_t provider = { create, host_state_size, start_child,
                                         load,   write_to,        timeout,
                                         track,  report };

static void register_hooks(apr_pool_t *p)
{
    ap_register_provider(p, SHS_PROVIDER_GROUP, "files", SHS_PROVIDER_VERSION,
                         &provider);
}

AP_DECLARE_MODULE(session_files) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
