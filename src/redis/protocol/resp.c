/* SPDX-License-Identifier: Apache-2.0
 *
 * hiredis' reader calls back for each object that it reads. The callbacks
 * allocate from the caller's pool. A callback that returns NULL stops the
 * reader: so a limit is enforced before memory is allocated.
 */
#include "redis/protocol/resp.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <hiredis/hiredis.h>

#include "redis/protocol/resp3.h"

/* The framing of one element on the wire: "$", nine digits and two line ends,
 * rounded up. */
#define FRAMING 32

/* The longest error or status line that is read. */
#define LINE_SIZE 1024

/* So many octets of RESP3 are translated at once. */
#define PART_SIZE 4096

/* The deepest array within an array; hiredis 1 itself has no limit. */
#define MAX_DEPTH 7

struct shs_resp_t {
    redisReader *reader;
    apr_pool_t *p;
    shs_resp_limits_t limits;
    apr_size_t octets; /* of texts in the reply being read */
    apr_size_t fed;    /* on the wire since begin */
    int is_too_large;
    int is_resp3;
    shs_resp3_t resp3;
};

/* Creates a reply, and puts it into its array, if it has one. */
static shs_reply_t *add_reply(const redisReadTask *task, shs_reply_kind_t kind)
{
    shs_resp_t *resp = task->privdata;
    shs_reply_t *reply = apr_pcalloc(resp->p, sizeof(*reply));

    reply->kind = kind;
    if (task->parent) {
        shs_reply_t *array = task->parent->obj;

        array->elements[task->idx] = reply;
    }
    return reply;
}

static int is_value(const redisReadTask *task)
{
    return task->type == REDIS_REPLY_STRING;
}

static int is_line(const redisReadTask *task)
{
    return task->type == REDIS_REPLY_STATUS || task->type == REDIS_REPLY_ERROR;
}

static void *create_string(const redisReadTask *task, char *data, size_t len)
{
    shs_resp_t *resp = task->privdata;
    shs_reply_t *reply;

    if (!is_value(task) && !is_line(task)) {
        return NULL; /* a text of RESP3 */
    }
    /* hiredis does not check the line end after a bulk string. Without the line
     * end, everything after it would be read out of step. */
    if (is_value(task) && memcmp(data + len, "\r\n", 2)) {
        return NULL;
    }
    /* An error is read even if it is longer than a session may be. */
    if (len > resp->limits.octets - resp->octets
        && (is_value(task) || len > LINE_SIZE)) {
        resp->is_too_large = 1;
        return NULL;
    }
    resp->octets += is_value(task) ? len : 0;
    reply =
        add_reply(task, task->type == REDIS_REPLY_ERROR    ? SHS_REPLY_ERROR
                        : task->type == REDIS_REPLY_STATUS ? SHS_REPLY_STATUS
                                                           : SHS_REPLY_STRING);
    reply->text.data = apr_pstrmemdup(resp->p, data, len);
    reply->text.len = len;
    return reply;
}

static int depth_of(const redisReadTask *task)
{
    int depth = 0;

    while ((task = task->parent) != NULL && depth <= MAX_DEPTH) {
        ++depth;
    }
    return depth;
}

#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count)
#else
static void *create_array(const redisReadTask *task, int count)
#endif
{
    shs_resp_t *resp = task->privdata;
    shs_reply_t *reply;

    /* hiredis 1 also calls this for maps, sets and pushes of RESP3. */
    if (task->type != REDIS_REPLY_ARRAY || depth_of(task) > MAX_DEPTH) {
        return NULL;
    }
    if ((size_t)count > resp->limits.elements) {
        resp->is_too_large = 1;
        return NULL;
    }
    reply = add_reply(task, SHS_REPLY_ARRAY);
    reply->count = (apr_size_t)count;
    reply->elements = apr_pcalloc(resp->p, (reply->count + 1) * sizeof(reply));
    return reply;
}

static void *create_integer(const redisReadTask *task, long long value)
{
    shs_reply_t *reply = add_reply(task, SHS_REPLY_INTEGER);

    reply->integer = value;
    return reply;
}

static void *create_nil(const redisReadTask *task)
{
    /* The types of "$-1" and "*-1" are string and array; this type is the "_"
     * of RESP3. */
    if (task->type == REDIS_REPLY_NIL) {
        return NULL;
    }
    return add_reply(task, SHS_REPLY_NIL);
}

#if HIREDIS_MAJOR >= 1
/* RESP3 types, which no server sends unless a client wants RESP3: refused as
 * garbage. Without these callbacks hiredis 1 would return small numbers as
 * pointers. */
static void *refuse_bool(const redisReadTask *task, int value)
{
    (void)task;
    (void)value;
    return NULL;
}

static void *refuse_double(const redisReadTask *task, double value, char *text,
                           size_t len)
{
    (void)task;
    (void)value;
    (void)text;
    (void)len;
    return NULL;
}
#endif

static void free_nothing(void *reply)
{
    /* Replies belong to the caller's pool. */
    (void)reply;
}

shs_resp_t *shs_resp_create(void)
{
    static redisReplyObjectFunctions functions = {
        .createString = create_string,
        .createArray = create_array,
        .createInteger = create_integer,
        .createNil = create_nil,
#if HIREDIS_MAJOR >= 1
        .createBool = refuse_bool,
        .createDouble = refuse_double,
#endif
        .freeObject = free_nothing
    };
    shs_resp_t *resp = calloc(1, sizeof(*resp));

    if (!resp) {
        return NULL;
    }
    resp->reader = redisReaderCreateWithFunctions(&functions);
    if (!resp->reader) {
        free(resp);
        return NULL;
    }
    resp->reader->privdata = resp;
    return resp;
}

void shs_resp_destroy(shs_resp_t *resp)
{
    redisReaderFree(resp->reader);
    free(resp);
}

void shs_resp_begin(shs_resp_t *resp, shs_resp_limits_t limits, apr_pool_t *p)
{
    resp->p = p;
    resp->limits = limits;
    resp->octets = 0;
    resp->fed = 0;
    resp->is_too_large = 0;
}

void shs_resp_expect_resp3(shs_resp_t *resp)
{
    resp->is_resp3 = 1;
}

/* In parts, so that the translation fits on the stack. */
static int feed_resp3(shs_resp_t *resp, const char *data, apr_size_t len)
{
    char part[SHS_RESP3_ROOM(PART_SIZE)];

    while (len > 0) {
        apr_size_t taken = len < PART_SIZE ? len : PART_SIZE;
        apr_ssize_t made = shs_resp3_translate(part, &resp->resp3, data, taken);

        if (made < 0
            || redisReaderFeed(resp->reader, part, (size_t)made) != REDIS_OK) {
            return 0;
        }
        data += taken;
        len -= taken;
    }
    return 1;
}

/* hiredis buffers a bulk string until it is complete. So the octets on the wire
 * are limited too: no server can fill the memory with a value that will be
 * refused. */
shs_resp_status_t shs_resp_feed(shs_resp_t *resp, const char *data,
                                apr_size_t len)
{
    apr_size_t most;

    resp->fed += len;
    most =
        resp->limits.octets + LINE_SIZE + (resp->limits.elements + 8) * FRAMING;
    if (resp->fed > most) {
        return SHS_RESP_TOO_LARGE;
    }
    return (resp->is_resp3
                ? feed_resp3(resp, data, len)
                : redisReaderFeed(resp->reader, data, len) == REDIS_OK)
               ? SHS_RESP_MORE
               : SHS_RESP_GARBAGE;
}

shs_resp_status_t shs_resp_next(shs_reply_t **reply, shs_resp_t *resp)
{
    void *read = NULL;

    if (redisReaderGetReply(resp->reader, &read) != REDIS_OK) {
        return resp->is_too_large ? SHS_RESP_TOO_LARGE : SHS_RESP_GARBAGE;
    }
    if (!read) {
        return SHS_RESP_MORE;
    }
    resp->octets = 0;
    *reply = read;
    return SHS_RESP_REPLY;
}

int shs_resp_is_drained(const shs_resp_t *resp)
{
    return resp->reader->pos == resp->reader->len && resp->reader->ridx == -1;
}

/* By hand: five calls of apr_snprintf() took as long as all the rest of a load
 * on our side. Returns the end of the output. */
static char *write_length(char *out, char type, apr_size_t length)
{
    char digits[FRAMING];
    int count = 0;

    do {
        digits[count++] = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    *out++ = type;
    while (count > 0) {
        *out++ = digits[--count];
    }
    *out++ = '\r';
    *out++ = '\n';
    return out;
}

/* Not redisFormatCommandArgv(), which allocates twice for each command: here
 * the commands of a pipeline share one pool buffer. */
void shs_resp_append(shs_octets_t *buffer, const shs_octets_t *arguments,
                     int count, apr_pool_t *p)
{
    apr_size_t room = buffer->len + FRAMING;
    char *data, *end;
    int i;

    for (i = 0; i < count; ++i) {
        room += arguments[i].len + FRAMING;
    }
    data = apr_palloc(p, room);
    if (buffer->len > 0) {
        memcpy(data, buffer->data, buffer->len);
    }
    end = data + buffer->len;
    end = write_length(end, '*', (apr_size_t)count);
    for (i = 0; i < count; ++i) {
        end = write_length(end, '$', arguments[i].len);
        if (arguments[i].len > 0) {
            memcpy(end, arguments[i].data, arguments[i].len);
            end += arguments[i].len;
        }
        *end++ = '\r';
        *end++ = '\n';
    }
    buffer->data = data;
    buffer->len = (apr_size_t)(end - data);
}

const char *shs_resp_error_code(const shs_reply_t *reply, apr_pool_t *p)
{
    apr_size_t len = 0;

    while (len < reply->text.len && len < 16
           && apr_isupper(reply->text.data[len])) {
        ++len;
    }
    if (len == 0 || (len < reply->text.len && reply->text.data[len] != ' ')) {
        return "an error";
    }
    return apr_pstrmemdup(p, reply->text.data, len);
}
