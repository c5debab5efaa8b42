/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/feed.h"

#include <string.h>

#include <apr_strings.h>

#include "redis/answer.h"
#include "session/octets.h"
#include "store/clock.h"

#define CHANNEL "__redis__:invalidate"

/* A server may have much to tell at once. What is more than this is all: the
 * connection is given up, and the next one drops everything first. */
#define MOST_OCTETS   (8 * 1024 * 1024)
#define MOST_ELEMENTS (128 * 1024)

/* How long it waits for more, and how long it listens without a break though
 * there always is more: signs of life must be asked for too. */
#define MOMENT  1000
#define A_WHILE (20 * 1000)

static const shs_resp_limits_t limits = { MOST_OCTETS, MOST_ELEMENTS };

static shs_octets_t build(const shs_octets_t *arguments, int count,
                          apr_pool_t *p)
{
    shs_octets_t command = { "", 0 };

    shs_resp_append(&command, arguments, count, p);
    return command;
}

/* One command and its reply. */
static shs_conn_status_t ask(shs_reply_t **reply, shs_feed_t *feed,
                             shs_octets_t command, apr_time_t deadline,
                             const char **reason)
{
    shs_conn_status_t status =
        shs_conn_send(feed->conn, command, deadline, reason);

    return status == SHS_CONN_OK
               ? shs_conn_receive(reply, feed->conn, deadline, reason)
               : status;
}

static shs_conn_status_t ask_id(apr_int64_t *id, shs_feed_t *feed,
                                apr_time_t deadline, const char **reason)
{
    const shs_octets_t words[] = { shs_octets_of("CLIENT"),
                                   shs_octets_of("ID") };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status =
        ask(&reply, feed, build(words, 2, feed->p), deadline, reason);

    if (status != SHS_CONN_OK) {
        return status;
    }
    if (reply->kind != SHS_REPLY_INTEGER) {
        *reason = "the server does not tell our CLIENT ID";
        return SHS_CONN_REFUSED;
    }
    *id = reply->integer;
    return SHS_CONN_OK;
}

static shs_conn_status_t start_tracking(shs_feed_t *feed, apr_int64_t id,
                                        apr_time_t deadline,
                                        const char **reason)
{
    shs_octets_t words[6 + 2 * SHS_WATCH_PREFIXES];
    shs_reply_t *reply = NULL;
    shs_conn_status_t status;
    int count = 6;
    int i;

    words[0] = shs_octets_of("CLIENT");
    words[1] = shs_octets_of("TRACKING");
    words[2] = shs_octets_of("ON");
    words[3] = shs_octets_of("REDIRECT");
    words[4] = shs_octets_of(apr_psprintf(feed->p, "%" APR_INT64_T_FMT, id));
    words[5] = shs_octets_of("BCAST");
    for (i = 0; i < feed->watch->prefix_count; ++i) {
        words[count++] = shs_octets_of("PREFIX");
        words[count++] = shs_octets_of(feed->watch->prefixes[i]);
    }
    status = ask(&reply, feed, build(words, count, feed->p), deadline, reason);
    if (status == SHS_CONN_OK && reply->kind != SHS_REPLY_STATUS) {
        *reason = "the server refuses CLIENT TRACKING";
        status = SHS_CONN_REFUSED;
    }
    return status;
}

static shs_conn_status_t subscribe(shs_feed_t *feed, apr_time_t deadline,
                                   const char **reason)
{
    const shs_octets_t words[] = { shs_octets_of("SUBSCRIBE"),
                                   shs_octets_of(CHANNEL) };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status =
        ask(&reply, feed, build(words, 2, feed->p), deadline, reason);

    if (status == SHS_CONN_OK && reply->kind != SHS_REPLY_ARRAY) {
        *reason = "the server refuses SUBSCRIBE " CHANNEL;
        status = SHS_CONN_REFUSED;
    }
    return status;
}

shs_conn_status_t shs_feed_open(shs_feed_t *feed, shs_conn_t *conn,
                                const shs_watch_t *watch, apr_time_t deadline,
                                const char **reason, apr_pool_t *p)
{
    shs_conn_status_t status;
    apr_int64_t id = 0;

    memset(feed, 0, sizeof(*feed));
    feed->conn = conn;
    feed->watch = watch;
    feed->p = p;
    shs_conn_begin(conn, limits, p);
    status = ask_id(&id, feed, deadline, reason);
    if (status == SHS_CONN_OK) {
        status = start_tracking(feed, id, deadline, reason);
    }
    if (status == SHS_CONN_OK) {
        status = subscribe(feed, deadline, reason);
    }
    if (status != SHS_CONN_OK) {
        shs_feed_close(feed);
    }
    return status;
}

shs_conn_status_t shs_feed_ask(shs_feed_t *feed, apr_time_t now,
                               const char **reason)
{
    static const shs_octets_t ping = { "*1\r\n$4\r\nPING\r\n", 14 };

    if (feed->asked_at != 0) {
        return SHS_CONN_OK;
    }
    feed->asked_at = now;
    return shs_conn_send(feed->conn, ping, now + feed->watch->lease, reason);
}

static int is_text(const shs_reply_t *reply, const char *text)
{
    return reply->kind == SHS_REPLY_STRING && reply->text.len == strlen(text)
           && !memcmp(reply->text.data, text, reply->text.len);
}

static int are_keys(const shs_reply_t *reply)
{
    apr_size_t i;

    if (reply->kind != SHS_REPLY_ARRAY) {
        return 0;
    }
    for (i = 0; i < reply->count; ++i) {
        if (reply->elements[i]->kind != SHS_REPLY_STRING) {
            return 0;
        }
    }
    return 1;
}

/* What is not understood may be anything. */
static void tell(const shs_feed_t *feed, const shs_reply_t *keys)
{
    apr_size_t i;

    if (!are_keys(keys)) {
        feed->watch->flushed(feed->watch->baton);
        return;
    }
    for (i = 0; i < keys->count; ++i) {
        feed->watch->changed(feed->watch->baton, keys->elements[i]->text);
    }
}

/* Returns 0 when it is nothing that may come. */
static int take(shs_feed_t *feed, const shs_reply_t *reply)
{
    if (reply->kind != SHS_REPLY_ARRAY || reply->count < 2) {
        return 0;
    }
    if (is_text(reply->elements[0], "pong")) {
        feed->lively_at = feed->asked_at;
        feed->asked_at = 0;
        return 1;
    }
    if (reply->count != 3 || !is_text(reply->elements[0], "message")
        || !is_text(reply->elements[1], CHANNEL)) {
        return 0;
    }
    tell(feed, reply->elements[2]);
    return 1;
}

/* Of a reply that was read whole nothing is needed any more; of the next one
 * nothing is built yet. */
static void forget(shs_feed_t *feed)
{
    apr_pool_clear(feed->p);
    shs_conn_begin(feed->conn, limits, feed->p);
}

/* A server that has news all the time leaves no moment without: what is not
 * read by `until` waits, but for what has been received already. */
shs_conn_status_t shs_feed_hear(shs_feed_t *feed, const char **reason)
{
    apr_time_t until = shs_clock_now() + A_WHILE;

    for (;;) {
        apr_time_t deadline = shs_clock_now() + MOMENT;
        shs_reply_t *reply = NULL;
        shs_conn_status_t status = shs_conn_receive(
            &reply, feed->conn, deadline < until ? deadline : until, reason);

        if (status == SHS_CONN_TIMEOUT) {
            return SHS_CONN_OK;
        }
        if (status != SHS_CONN_OK) {
            return status;
        }
        if (reply->kind == SHS_REPLY_ERROR) {
            *reason = "the server refuses PING";
            return SHS_CONN_REFUSED;
        }
        if (!take(feed, reply)) {
            *reason = "the server says what is no news";
            return SHS_CONN_FAILED;
        }
        forget(feed);
    }
}

void shs_feed_close(shs_feed_t *feed)
{
    if (feed->conn) {
        shs_conn_close(feed->conn);
        feed->conn = NULL;
    }
}
