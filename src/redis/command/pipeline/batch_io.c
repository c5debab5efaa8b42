/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/batch_io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "redis/protocol/frame.h"

/* The buffer at first, and the room for one read. */
#define FIRST_SIZE 16384
#define READ_ROOM  4096

/* All replies of a batch together. A batch is many small sessions: large ones
 * are loaded alone (redis/connection/large_keys.h). */
#define MAX_OCTETS (4 * 1024 * 1024)

/* Each batch of a process has another number. The first one is random, so that
 * those of two processes differ too: a proxy that mixes up two connections does
 * not go unnoticed. */
static atomic_uint_fast64_t next_number;
static pthread_once_t is_seeded = PTHREAD_ONCE_INIT;

static void seed_number(void)
{
    apr_uint64_t seed = 0;

    /* Without random octets the numbers still differ within the process. */
    apr_generate_random_bytes((unsigned char *)&seed, sizeof(seed));
    atomic_store(&next_number, seed);
}

static const char *make_number(apr_pool_t *p)
{
    pthread_once(&is_seeded, seed_number);
    return apr_psprintf(p, "batch-%" APR_UINT64_T_HEX_FMT,
                        (apr_uint64_t)atomic_fetch_add(&next_number, 1));
}

void shs_batch_io_free(shs_batch_io_t *io)
{
    free(io->octets);
    io->octets = NULL;
}

static int make_room(shs_batch_io_t *io)
{
    apr_size_t size = io->size > 0 ? 2 * io->size : FIRST_SIZE;
    char *octets;

    if (io->size - io->len >= READ_ROOM) {
        return 1;
    }
    octets = realloc(io->octets, size);
    if (!octets) {
        return 0;
    }
    io->octets = octets;
    io->size = size;
    return 1;
}

static shs_conn_status_t read_more(shs_batch_io_t *io, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason)
{
    shs_conn_status_t status;
    apr_size_t got = 0;

    if (io->len > MAX_OCTETS) {
        *reason = "the replies are larger than allowed";
        return SHS_CONN_TOO_LARGE;
    }
    if (!make_room(io)) {
        *reason = "no memory";
        return SHS_CONN_FAILED;
    }
    status =
        shs_conn_receive_octets(conn, io->octets + io->len, io->size - io->len,
                                &got, io->len > 0, deadline, reason);
    io->len += got;
    return status;
}

/* Reads until frame is a complete reply. */
static shs_conn_status_t read_reply(shs_frame_t *frame, shs_batch_io_t *io,
                                    shs_resp_limits_t limits, shs_conn_t *conn,
                                    apr_time_t deadline, const char **reason)
{
    shs_conn_status_t status = SHS_CONN_OK;

    shs_frame_begin(frame, frame->at);
    while (status == SHS_CONN_OK) {
        switch (shs_frame_next(frame, io->octets, io->len, limits)) {
        case SHS_RESP_REPLY:
            return SHS_CONN_OK;
        case SHS_RESP_TOO_LARGE:
            *reason = "the reply is larger than allowed";
            return SHS_CONN_TOO_LARGE;
        case SHS_RESP_GARBAGE:
            *reason = "the reply is not the Redis protocol";
            return SHS_CONN_FAILED;
        case SHS_RESP_MORE:
            status = read_more(io, conn, deadline, reason);
            break;
        }
    }
    return status;
}

static shs_conn_status_t fail(const char **reason)
{
    *reason = "its reply does not fit the command";
    return SHS_CONN_FAILED;
}

static int is_of_type(const shs_frame_t *frame, char type, apr_size_t values)
{
    if (frame->type == '-') {
        return 1;
    }
    if (type == SHS_BATCH_VALUES) {
        return frame->type == '*' && !frame->is_nil && frame->has_values_only
               && frame->elements == values;
    }
    if (frame->type != type) {
        return 0;
    }
    return type != '*'
           || (!frame->is_nil && frame->has_texts_only
               && frame->elements % 2 == 0);
}

static shs_conn_status_t read_item(shs_frame_t *frame, shs_batch_io_t *io,
                                   shs_batch_item_t *item, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason)
{
    apr_size_t begin = frame->at;
    const char *type;

    for (type = shs_batch_types(item); *type; ++type) {
        shs_conn_status_t status = read_reply(frame, io, shs_batch_limits(item),
                                              conn, deadline, reason);

        if (status != SHS_CONN_OK) {
            return status;
        }
        if (!is_of_type(frame, *type, shs_batch_values(item))) {
            return fail(reason);
        }
    }
    shs_batch_set_replies(item, begin, frame->at);
    return SHS_CONN_OK;
}

/* Sets *role to the frame of the reply. */
static shs_conn_status_t read_role(shs_frame_t *role, shs_frame_t *frame,
                                   shs_batch_io_t *io, char type,
                                   shs_conn_t *conn, apr_time_t deadline,
                                   const char **reason)
{
    shs_conn_status_t status = read_reply(frame, io, shs_pipeline_role_limits(),
                                          conn, deadline, reason);

    if (status != SHS_CONN_OK) {
        return status;
    }
    if (frame->type != '-' && frame->type != type) {
        return fail(reason);
    }
    *role = *frame;
    return SHS_CONN_OK;
}

/* The last reply is the number as a text, and nothing follows. */
static shs_conn_status_t read_number(shs_frame_t *frame, shs_batch_io_t *io,
                                     const char *number, shs_conn_t *conn,
                                     apr_time_t deadline, const char **reason)
{
    const shs_resp_limits_t limits = { 64, 0 };
    shs_conn_status_t status =
        read_reply(frame, io, limits, conn, deadline, reason);
    apr_size_t len = strlen(number);

    if (status == SHS_CONN_TOO_LARGE) {
        return fail(reason);
    }
    if (status != SHS_CONN_OK) {
        return status;
    }
    if (frame->at != io->len) {
        *reason = "the server sent more than it was asked for";
        return SHS_CONN_FAILED;
    }
    if (frame->type == '-') {
        *reason = "the server refuses ECHO, which ends a batch";
        return SHS_CONN_REFUSED;
    }
    if (frame->type != '$' || frame->octets != len
        || memcmp(io->octets + frame->at - 2 - len, number, len)) {
        return fail(reason);
    }
    return SHS_CONN_OK;
}

static shs_octets_t build_tail(shs_pipeline_form_t form, const char *number,
                               apr_pool_t *p)
{
    shs_octets_t words[2];
    shs_octets_t tail = { "", 0 };

    shs_pipeline_append_role(&tail, form, p);
    words[0] = shs_octets_of("ECHO");
    words[1] = shs_octets_of(number);
    shs_resp_append(&tail, words, 2, p);
    return tail;
}

static shs_conn_status_t send_batch(shs_batch_item_t *first, shs_octets_t tail,
                                    shs_conn_t *conn, apr_time_t deadline,
                                    const char **reason, apr_pool_t *p)
{
    shs_octets_t commands = shs_batch_commands(first);
    shs_octets_t all;
    char *joined;

    if (commands.len == 0) {
        *reason = "no memory";
        return SHS_CONN_FAILED;
    }
    joined = apr_palloc(p, commands.len + tail.len);
    memcpy(joined, commands.data, commands.len);
    memcpy(joined + commands.len, tail.data, tail.len);
    all.data = joined;
    all.len = commands.len + tail.len;
    return shs_conn_send(conn, all, deadline, reason);
}

shs_conn_status_t shs_batch_io_run(shs_batch_io_t *io, shs_batch_item_t *first,
                                   shs_pipeline_form_t form, shs_conn_t *conn,
                                   apr_time_t deadline, const char **reason,
                                   apr_pool_t *p)
{
    const char *number = make_number(p);
    shs_batch_item_t *item = first;
    shs_conn_status_t status;
    shs_frame_t frame, role;

    memset(io, 0, sizeof(*io));
    shs_frame_begin(&frame, 0);
    shs_frame_begin(&role, 0);
    status = send_batch(first, build_tail(form, number, p), conn, deadline,
                        reason, p);
    for (; status == SHS_CONN_OK && item; item = shs_batch_next(item)) {
        status = read_item(&frame, io, item, conn, deadline, reason);
    }
    if (status == SHS_CONN_OK && form != SHS_PIPELINE_PLAIN) {
        status =
            read_role(&role, &frame, io, form == SHS_PIPELINE_ROLE ? '*' : '$',
                      conn, deadline, reason);
    }
    if (status == SHS_CONN_OK) {
        status = read_number(&frame, io, number, conn, deadline, reason);
    }
    if (status == SHS_CONN_OK) {
        /* Only now, because each read may have moved the octets. */
        io->role.data = io->octets + role.begin;
        io->role.len = role.at - role.begin;
    }
    return status;
}
