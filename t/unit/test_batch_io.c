/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/command/pipeline/batch_io.h"

#include <stdio.h>
#include <unistd.h>

#include <sys/wait.h>

#include "actor.h"
#include "fake.h"
#include "redis/connection/batch_queue.h"
#include "base/clock.h"
#include "unit.h"

#define PLAIN SHS_PIPELINE_PLAIN
#define ROLE  SHS_PIPELINE_ROLE
#define INFO  SHS_PIPELINE_INFO

#define OK        SHS_CONN_OK
#define DEAD      SHS_CONN_DEAD
#define TIMEOUT   SHS_CONN_TIMEOUT
#define FAILED    SHS_CONN_FAILED
#define REFUSED   SHS_CONN_REFUSED
#define TOO_LARGE SHS_CONN_TOO_LARGE

/* --------------------------------------------------------------- the server */

/* What the server sends after ECHO; "#" is ECHO's reply, "@" its argument, "~"
 * is ECHO's reply with another last digit. `split`: it pauses after so many
 * octets. */
typedef struct server_t {
    const char *text;
    int split; /* -1: never */
    int pause_ms;
    enum { THEN_AGAIN, THEN_STALL, THEN_CLOSE, THEN_RESET } then;
    char seen[4096]; /* "GET a|PTTL a|" */
} server_t;

static void note(server_t *server, const fake_peer_t *peer)
{
    int i;

    for (i = 0; i < peer->count; i++) {
        strncat(server->seen, peer->arguments[i],
                sizeof(server->seen) - strlen(server->seen) - 1);
        strncat(server->seen, i + 1 < peer->count ? " " : "|",
                sizeof(server->seen) - strlen(server->seen) - 1);
    }
}

/* The text with the number in it. To be freed. */
static char *filled(const char *text, const char *number)
{
    size_t most = strlen(text) + 256;
    char *out = calloc(1, most);
    char *at = out;

    for (; *text; text++) {
        if (*text == '#' || *text == '~') {
            at += snprintf(at, most - (size_t)(at - out), "$%d\r\n%s\r\n",
                           (int)strlen(number), number);
            at[-3] = *text == '#' ? at[-3] : 'x';
        }
        else if (*text == '@') {
            at += snprintf(at, most - (size_t)(at - out), "%s", number);
        }
        else {
            *at++ = *text;
        }
    }
    return out;
}

static void serve(fake_peer_t *peer, void *baton)
{
    server_t *server = baton;

    do {
        char *text;
        size_t split;

        do {
            if (!fake_read_command(peer)) {
                return;
            }
            note(server, peer);
        } while (strcmp(peer->arguments[0], "ECHO") != 0);
        text = filled(server->text, peer->arguments[1]);
        split = server->split < 0 ? 0 : (size_t)server->split;
        if (split > strlen(text)) {
            split = strlen(text);
        }
        fake_send(peer, text, split);
        if (split > 0) {
            unit_let_pass(unit_in_ms(server->pause_ms));
        }
        fake_send_text(peer, text + split);
        free(text);
    } while (server->then == THEN_AGAIN);
    if (server->then == THEN_STALL) {
        fake_stall(peer);
    }
    else if (server->then == THEN_RESET) {
        fake_reset(peer);
    }
    else {
        fake_linger(peer);
    }
}

static fake_t *start(server_t *server, const char *text)
{
    fake_t *fake;

    server->text = text;
    fake = fake_start(serve, server);
    fake_read_echoes(fake);
    return fake;
}

/* ---------------------------------------------------------------- the batch */

typedef struct batch_t {
    shs_batch_queue_t queue;
    shs_batch_item_t *first;
} batch_t;

static shs_batch_load_t load_of(const char *command, const char *key,
                                const char *types)
{
    shs_octets_t value[] = { unit_text(command), unit_text(key) };
    shs_octets_t pttl[] = { OCTETS("PTTL"), unit_text(key) };
    shs_batch_load_t load;

    memset(&load, 0, sizeof(load));
    shs_resp_append(&load.commands, value, 2, p);
    shs_resp_append(&load.commands, pttl, 2, p);
    load.types = types;
    load.limits.octets = 600;
    load.limits.elements = 8;
    load.p = p;
    return load;
}

static void add_load(batch_t *batch, shs_batch_load_t load)
{
    shs_batch_item_t *item = shs_batch_item_create();

    ck_assert_ptr_nonnull(item);
    item->load = load;
    shs_batch_queue_append(&batch->queue, item);
}

static void take_batch(batch_t *batch)
{
    shs_batch_item_t *item;

    batch->first = batch->queue.first;
    shs_batch_queue_remove(&batch->queue, batch->first);
    shs_batch_queue_take(&batch->queue, batch->first);
    for (item = batch->first; item; item = shs_batch_next(item)) {
        ck_assert(shs_batch_add_commands(batch->first, item->load.commands));
    }
}

/* The key a is a string, b a hash. */
static batch_t *batch_of_two(shs_batch_load_t a)
{
    batch_t *batch = apr_pcalloc(p, sizeof(*batch));

    add_load(batch, a);
    add_load(batch, load_of("HGETALL", "b", "*:"));
    take_batch(batch);
    return batch;
}

static void end_batch(batch_t *batch)
{
    shs_batch_item_t *item, *next;

    for (item = batch->first; item; item = next) {
        next = shs_batch_next(item);
        shs_batch_item_destroy(item);
    }
}

static shs_batch_io_t io;
static const char *reason;

static shs_conn_status_t run(batch_t *batch, shs_pipeline_form_t form,
                             shs_conn_t *conn, int ms)
{
    reason = NULL;
    memset(&io, 0xee, sizeof(io));
    return shs_batch_io_run(&io, batch->first, form, conn, unit_in_ms(ms),
                            &reason, p);
}

/* The same on a new connection to a server that sends this text. */
static shs_conn_status_t run_on(server_t *server, const char *text,
                                shs_pipeline_form_t form, int ms)
{
    fake_t *fake = start(server, text);
    shs_conn_t *conn = fake_open(fake);
    batch_t *batch = batch_of_two(load_of("GET", "a", "$:"));
    shs_conn_status_t status = run(batch, form, conn, ms);

    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
    return status;
}

/* ------------------------------------------------------------- what is sent */

static const struct {
    shs_pipeline_form_t form;
    const char *text;
    const char *seen;
} sent[] = {
    { PLAIN, "$-1\r\n:-2\r\n*0\r\n:-2\r\n#",
      "GET a|PTTL a|HGETALL b|PTTL b|ECHO batch-" },
    { ROLE, "$-1\r\n:-2\r\n*0\r\n:-2\r\n" ACTOR_MASTER "#",
      "GET a|PTTL a|HGETALL b|PTTL b|ROLE|ECHO batch-" },
    { INFO, "$-1\r\n:-2\r\n*0\r\n:-2\r\n$13\r\nrole:master\r\n\r\n#",
      "GET a|PTTL a|HGETALL b|PTTL b|INFO replication|ECHO batch-" },
};

/* The number that ends the first batch of a new process. */
static const char *first_number(void)
{
    server_t server = { NULL, -1, 0, THEN_CLOSE, "" };
    char number[64] = "";
    int pipes[2], status = -1;
    pid_t pid;

    ck_assert(!pipe(pipes));
    pid = fork();
    if (pid == 0) {
        int is_ok = run_on(&server, sent[0].text, PLAIN, 5000) == OK;
        const char *at = server.seen + strlen(sent[0].seen);

        _exit(!is_ok || write(pipes[1], at, strlen(at)) != (ssize_t)strlen(at));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(read(pipes[0], number, sizeof(number) - 1), 1);
    close(pipes[0]);
    close(pipes[1]);
    return apr_pstrdup(p, number);
}

/* A proxy may mix up the connections of two processes. */
START_TEST(batch_io_run__uses_other_numbers_than_other_processes)
{
    ck_assert_str_ne(first_number(), first_number());
}
END_TEST

START_TEST(batch_io_run__sends_all_commands_and_a_number_used_once)
{
    server_t server = { NULL, -1, 0, THEN_AGAIN, "" };
    fake_t *fake = start(&server, sent[_i].text);
    shs_conn_t *conn = fake_open(fake);
    batch_t *batch = batch_of_two(load_of("GET", "a", "$:"));
    apr_size_t len = strlen(sent[_i].seen);
    const char *numbers[3];
    int i, k;

    for (i = 0; i < 3; i++) {
        ck_assert_msg(run(batch, sent[_i].form, conn, 5000) == OK, "%s",
                      reason);
        shs_batch_io_free(&io);
        ck_assert_msg(!strncmp(server.seen, sent[_i].seen, len), "%s",
                      server.seen);
        ck_assert_ptr_eq(strchr(server.seen + len, '|'),
                         server.seen + strlen(server.seen) - 1);
        numbers[i] = apr_pstrdup(p, server.seen + len);
        for (k = 0; k < i; k++) {
            ck_assert_str_ne(numbers[i], numbers[k]);
        }
        server.seen[0] = '\0';
    }
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------ what is right */

#define A "$5\r\nhello\r\n:5000\r\n"
#define B "*2\r\n$1\r\nf\r\n$2\r\nvv\r\n:-1\r\n"

/* The reply to HMGET with two names. */
#define V "*2\r\n$2\r\nvv\r\n$-1\r\n"

static const struct {
    shs_pipeline_form_t form;
    const char *a;
    const char *b;
    const char *role;
    const char *why;
} right[] = {
    { PLAIN, A, B, "", "both are there" },
    { PLAIN, "$-1\r\n:-2\r\n", "*0\r\n:-2\r\n", "", "neither is" },
    { PLAIN, "$0\r\n\r\n:1\r\n", B, "", "an empty text" },
    { PLAIN, "-WRONGTYPE x\r\n:5\r\n", "-MOVED 1 x:1\r\n-MOVED 1 x:1\r\n", "",
      "errors instead" },
    { PLAIN, "$9\r\n*1\r\n$-1\r\n\r\n:1\r\n", B, "", "text like a reply" },
    { PLAIN, "$4\r\n\r\n\r\n\r\n:1\r\n", B, "", "text like a line's end" },
    { ROLE, A, B, ACTOR_MASTER, "of the master" },
    { ROLE, A, B, ACTOR_SLAVE, "its reply to ROLE is for the caller" },
    { ROLE, A, B, "-NOPERM x\r\n", "so is an error" },
    { INFO, A, B, "$13\r\nrole:master\r\n\r\n", "of the master, by INFO" },
    { INFO, A, B, "$12\r\nrole:slave\r\n\r\n", "likewise" },
    { INFO, A, B, "-NOPERM x\r\n", "likewise" },
};

/* Each item has its own replies, and the role is that which came. */
static void ck_right(const batch_t *batch, int row, const char *when)
{
    const shs_octets_t no_tail = { "", 0 };
    const shs_batch_item_t *second = shs_batch_next(batch->first);
    const char *why = apr_psprintf(p, "%s, %s", right[row].why, when);

    ck_octets_eq(shs_batch_replies(batch->first, io.octets, no_tail, p),
                 unit_text(right[row].a), why);
    ck_octets_eq(shs_batch_replies(second, io.octets, no_tail, p),
                 unit_text(right[row].b), why);
    ck_octets_eq(io.role, unit_text(right[row].role), why);
    ck_assert_msg(!reason, "%s: %s", reason, why);
}

static const char *right_text(int row)
{
    return apr_pstrcat(p, right[row].a, right[row].b, right[row].role, "#",
                       NULL);
}

START_TEST(batch_io_run__finds_the_replies_of_each_load)
{
    server_t server = { NULL, -1, 0, THEN_AGAIN, "" };
    fake_t *fake = start(&server, right_text(_i));
    shs_conn_t *conn = fake_open(fake);
    batch_t *batch = batch_of_two(load_of("GET", "a", "$:"));

    ck_assert_msg(run(batch, right[_i].form, conn, 5000) == OK, "%s: %s",
                  reason, right[_i].why);
    ck_right(batch, _i, "at once");
    shs_batch_io_free(&io);
    ck_assert(shs_conn_is_usable(conn));
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

START_TEST(batch_io_run__finds_the_same_split_at_each_octet)
{
    server_t server = { NULL, 1, 2, THEN_AGAIN, "" };
    fake_t *fake = start(&server, right_text(_i));
    shs_conn_t *conn = fake_open(fake);
    batch_t *batch = batch_of_two(load_of("GET", "a", "$:"));
    int end = (int)strlen(server.text) + 14;

    for (; server.split < end; server.split++) {
        ck_assert_msg(run(batch, right[_i].form, conn, 5000) == OK, "%s: %s",
                      reason, right[_i].why);
        ck_right(batch, _i, apr_psprintf(p, "split at %d", server.split));
        shs_batch_io_free(&io);
    }
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* The replies to HMGET with two names. */
static const struct {
    const char *text;
    shs_conn_status_t status;
    const char *why;
} named[] = {
    { V ":5\r\n", OK, "a value and nil" },
    { "*2\r\n$-1\r\n$-1\r\n:-2\r\n", OK, "nothing" },
    { "*2\r\n$0\r\n\r\n$1\r\nx\r\n:5\r\n", OK, "two values" },
    { "-WRONGTYPE x\r\n:5\r\n", OK, "an error instead" },
    { "*1\r\n$2\r\nvv\r\n:5\r\n", FAILED, "a value too few" },
    { "*3\r\n$-1\r\n$-1\r\n$-1\r\n:5\r\n", FAILED, "one too many" },
    { "*0\r\n:5\r\n", FAILED, "the reply to HGETALL" },
    { "*-1\r\n:5\r\n", FAILED, "a nil array" },
    { "*2\r\n:1\r\n$-1\r\n:5\r\n", FAILED, "a number" },
    { "*2\r\n*-1\r\n$-1\r\n:5\r\n", FAILED, "a nil array in it" },
    { "$2\r\nvv\r\n:5\r\n", FAILED, "a text" },
};

START_TEST(batch_io_run__knows_the_replies_of_loads_with_names)
{
    server_t server = { NULL, -1, 0, THEN_AGAIN, "" };
    fake_t *fake = start(&server, apr_pstrcat(p, named[_i].text, B "#", NULL));
    shs_conn_t *conn = fake_open(fake);
    shs_batch_load_t load = load_of("HMGET", "a", "v:");
    batch_t *batch;

    load.values = 2;
    batch = batch_of_two(load);
    ck_assert_msg(run(batch, PLAIN, conn, 5000) == named[_i].status, "%s: %s",
                  reason, named[_i].why);
    if (named[_i].status == OK) {
        const shs_octets_t no_tail = { "", 0 };

        ck_octets_eq(shs_batch_replies(batch->first, io.octets, no_tail, p),
                     unit_text(named[_i].text), named[_i].why);
    }
    shs_batch_io_free(&io);
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------ what is wrong */

static const struct {
    shs_pipeline_form_t form;
    const char *text;
    shs_conn_status_t status;
    const char *why;
} wrong[] = {
    /* A reply too many. */
    { PLAIN, A B "#:1\r\n", FAILED, "behind the number" },
    { PLAIN, A B "##", FAILED, "the number, twice" },
    { PLAIN, A B "#$", FAILED, "its beginning" },
    { PLAIN, A B "#\r\n", FAILED, "a line's end" },
    { PLAIN, A B ":1\r\n#", FAILED, "before the number" },
    { PLAIN, A B "$1\r\nx\r\n#", FAILED, "one like the number" },
    { PLAIN, "$8\r\nstranger\r\n" A B "#", FAILED, "before all" },
    { PLAIN, ":1\r\n" A B "#", FAILED, "before all" },
    { PLAIN, A "$8\r\nstranger\r\n" B "#", FAILED, "between two loads" },
    { PLAIN, A A B "#", FAILED, "the replies of a load, twice" },
    { PLAIN, A B B "#", FAILED, "the replies of the last load, twice" },
    /* A reply too few. */
    { PLAIN, ":5000\r\n" B "#", FAILED, "no value" },
    { PLAIN, "$5\r\nhello\r\n" B "#", FAILED, "no time to live" },
    { PLAIN, A ":-1\r\n#", FAILED, "no hash" },
    { PLAIN, A "*0\r\n#", FAILED, "no time to live at the end" },
    { PLAIN, B "#", FAILED, "no first load" },
    { PLAIN, A "#", FAILED, "no last load" },
    { PLAIN, "#", TIMEOUT, "nothing but the number" },
    { PLAIN, A B, TIMEOUT, "no number" },
    { PLAIN, "", TIMEOUT, "nothing" },
    { PLAIN, "$5\r\nhel", TIMEOUT, "half a value" },
    { PLAIN, A, TIMEOUT, "half of the batch" },
    { PLAIN, A B "$12\r\nbatch-", TIMEOUT, "half a number" },
    { PLAIN, A "*2\r\n$1\r\nf\r\n", TIMEOUT, "half a hash" },
    /* In another order. */
    { PLAIN, B A "#", FAILED, "the loads" },
    { PLAIN, ":5000\r\n$5\r\nhello\r\n" B "#", FAILED, "the replies" },
    { PLAIN, "#" A B, FAILED, "the number first" },
    /* Another type. */
    { PLAIN, "+hello\r\n:1\r\n" B "#", FAILED, "a status for a text" },
    { PLAIN, ":1\r\n:1\r\n" B "#", FAILED, "an integer for a text" },
    { PLAIN, "*1\r\n$1\r\nx\r\n:1\r\n" B "#", FAILED, "an array for one" },
    { PLAIN, "*-1\r\n:1\r\n" B "#", FAILED, "no array for one" },
    { PLAIN, "$1\r\nx\r\n$1\r\n5\r\n" B "#", FAILED, "a text for a time" },
    { PLAIN, "$1\r\nx\r\n$-1\r\n" B "#", FAILED, "nil for a time" },
    { PLAIN, A "$1\r\nx\r\n:1\r\n#", FAILED, "a text for a hash" },
    { PLAIN, A "$-1\r\n:1\r\n#", FAILED, "nil for a hash" },
    { PLAIN, A "*-1\r\n:1\r\n#", FAILED, "a nil array for a hash" },
    { PLAIN, A ":0\r\n:1\r\n#", FAILED, "an integer for a hash" },
    { PLAIN, A "*1\r\n$1\r\nf\r\n:1\r\n#", FAILED, "a field, no value" },
    { PLAIN, A "*3\r\n$1\r\nf\r\n$1\r\nv\r\n$1\r\nf\r\n:1\r\n#", FAILED,
      "an odd array" },
    { PLAIN, A "*2\r\n$1\r\nf\r\n:1\r\n:1\r\n#", FAILED,
      "an integer in a hash" },
    { PLAIN, A "*2\r\n$1\r\nf\r\n$-1\r\n:1\r\n#", FAILED, "nil in a hash" },
    { PLAIN, A "*2\r\n*0\r\n*0\r\n:1\r\n#", FAILED, "arrays in a hash" },
    { PLAIN, A V ":1\r\n#", FAILED, "the reply to HMGET for a hash" },
    { PLAIN, "HTTP/1.1 400 x\r\n\r\n", FAILED, "another protocol" },
    { PLAIN, "$-7\r\n", FAILED, "a lie" },
    { PLAIN, A "%1\r\n$1\r\nf\r\n$1\r\nv\r\n:1\r\n#", FAILED, "RESP3" },
    /* Another number. */
    { PLAIN, A B "$7\r\nbatch-x\r\n", FAILED, "another" },
    { PLAIN, A B "~", FAILED, "another of the same length" },
    { PLAIN, A B "$6\r\nbatch-\r\n", FAILED, "none" },
    { PLAIN, A B "$0\r\n\r\n", FAILED, "nothing" },
    { PLAIN, A B "$-1\r\n", FAILED, "nil" },
    { PLAIN, A B "*0\r\n", FAILED, "an array" },
    { PLAIN, A B "+@\r\n", FAILED, "a status" },
    { PLAIN, A B "-@\r\n", REFUSED, "an error" },
    { PLAIN, A B "-LOADING @\r\n", REFUSED, "the end of an error" },
    { PLAIN, A B "*1\r\n#", FAILED, "within an array" },
    { PLAIN, A B "*2\r\n##", FAILED, "within an array" },
    { PLAIN, A B "+PONG\r\n", FAILED, "ECHO without its argument" },
    { PLAIN, A B "-NOPERM no permissions to run 'ping'\r\n", REFUSED,
      "the user may not send ECHO" },
    { PLAIN, A B "-ERR unknown command 'ECHO'\r\n", REFUSED,
      "there is no such command" },
    { PLAIN, A B "-ERR wrong number of arguments\r\n", REFUSED,
      "nor an argument" },
    { PLAIN, A B "-LOADING x\r\n", REFUSED, "an error that passes" },
    { PLAIN, A B "-MASTERDOWN x\r\n", REFUSED, "an error that passes" },
    /* Too large. */
    { PLAIN, "$601\r\n", TOO_LARGE, "a text" },
    { PLAIN, A "*10\r\n", TOO_LARGE, "a hash" },
    { PLAIN, A "*2\r\n$1\r\nf\r\n$600\r\n", TOO_LARGE, "a field" },
    { PLAIN, A B "$2000\r\n", FAILED, "not the number" },
    /* The role. */
    { ROLE, A B "#", FAILED, "none" },
    { ROLE, A B "#" ACTOR_MASTER, FAILED, "after the number" },
    { ROLE, ACTOR_MASTER A B "#", FAILED, "before the values" },
    { ROLE, A ACTOR_MASTER B "#", FAILED, "between the values" },
    { ROLE, A B ACTOR_MASTER ACTOR_MASTER "#", FAILED, "twice" },
    { ROLE, A B "$6\r\nmaster\r\n#", FAILED, "a text" },
    { ROLE, A B ":1\r\n#", FAILED, "an integer" },
    { ROLE, A B "*129\r\n", TOO_LARGE, "with too many replicas" },
    { ROLE, A B ACTOR_MASTER, TIMEOUT, "and no number" },
    { INFO, A B "#", TIMEOUT, "none" },
    { INFO, A B ACTOR_MASTER "#", FAILED, "an array" },
    { PLAIN, A B ACTOR_MASTER "#", FAILED, "one that was not asked for" },
};

static int ms_of(int row)
{
    return wrong[row].status == TIMEOUT ? 100 : 5000;
}

START_TEST(batch_io_run__accepts_nothing_else)
{
    server_t server = { NULL, -1, 0, THEN_STALL, "" };
    apr_time_t began = shs_clock_now();
    shs_conn_status_t status =
        run_on(&server, wrong[_i].text, wrong[_i].form, ms_of(_i));

    ck_assert_msg(status == wrong[_i].status, "\"%s\": %d, not %d: %s",
                  unit_show(unit_text(wrong[_i].text)), status,
                  wrong[_i].status, wrong[_i].why);
    ck_assert_msg(reason && *reason, "no reason: %s", wrong[_i].why);
    ck_assert_int_le(shs_clock_now() - began,
                     (ms_of(_i) + unit_slack_ms()) * (apr_time_t)1000);
    shs_batch_io_free(&io);
}
END_TEST

/* Nothing of it is accepted either if it comes octet by octet; a server that
 * has not sent all may still send what is right. */
START_TEST(batch_io_run__accepts_nothing_else_in_two_pieces)
{
    int len = (int)strlen(wrong[_i].text);
    int split;

    if (wrong[_i].status != FAILED) {
        return;
    }
    for (split = 1; split <= len; split += 1 + len / 12) {
        server_t server = { NULL, split, 3, THEN_STALL, "" };
        shs_conn_status_t status =
            run_on(&server, wrong[_i].text, wrong[_i].form, 300);
        const char *number = strchr(wrong[_i].text, '#');

        /* A reply that comes after the batch is complete is found by the next
         * check of the connection (conn.h). */
        if (number && number[1] && split > number - wrong[_i].text) {
            shs_batch_io_free(&io);
            continue;
        }
        ck_assert_msg(status == FAILED || status == TOO_LARGE,
                      "split at %d: %d: %s", split, status, wrong[_i].why);
        shs_batch_io_free(&io);
    }
}
END_TEST

/* The connection is not used again if an octet comes after the batch. */
START_TEST(
    batch_io_run__an_octet_that_comes_later_makes_the_connection_unusable)
{
    server_t server = { NULL, 0, 0, THEN_AGAIN, "" };
    fake_t *fake = start(&server, A B "#:1\r\n");
    shs_conn_t *conn = fake_open(fake);
    batch_t *batch = batch_of_two(load_of("GET", "a", "$:"));
    apr_time_t until = unit_in_ms(5000);
    shs_conn_status_t status;

    server.split = (int)strlen(A B) + 13;
    server.pause_ms = 50;
    status = run(batch, PLAIN, conn, 5000);
    if (status == OK) {
        while (shs_conn_is_usable(conn) && unit_poll(until)) {
            /* it comes */
        }
        ck_assert(!shs_conn_is_usable(conn));
    }
    else {
        ck_assert_int_eq(status, FAILED);
    }
    shs_batch_io_free(&io);
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* ------------------------------------------------------------ no connection */

static const struct {
    const char *text;
    int is_reset;
    shs_conn_status_t status;
    const char *why;
} closed[] = {
    { "", 0, DEAD, "before the first octet" },
    { "", 1, DEAD, "the same, by a reset" },
    { "$", 0, FAILED, "after it" },
    { "$5\r\nhel", 0, FAILED, "within a value" },
    { A, 0, FAILED, "between two loads" },
    { A "*2\r\n$1\r\nf\r\n", 0, FAILED, "within a hash" },
    { A B, 0, FAILED, "before the number" },
    { A B "$12\r\nbatch-", 0, FAILED, "within the number" },
};

START_TEST(batch_io_run__a_close_is_dead_before_the_first_octet_else_failed)
{
    server_t server = { NULL, -1, 0,
                        closed[_i].is_reset ? THEN_RESET : THEN_CLOSE, "" };
    shs_conn_status_t status = run_on(&server, closed[_i].text, PLAIN, 5000);

    ck_assert_msg(status == closed[_i].status, "%d, not %d: %s", status,
                  closed[_i].status, closed[_i].why);
    ck_assert_msg(reason && *reason, "no reason: %s", closed[_i].why);
    shs_batch_io_free(&io);
}
END_TEST

START_TEST(batch_io_run__gives_up_at_once_when_the_deadline_has_passed)
{
    server_t server = { NULL, -1, 0, THEN_STALL, "" };

    ck_assert_int_eq(run_on(&server, "", PLAIN, -1), TIMEOUT);
    ck_assert_ptr_nonnull(reason);
    shs_batch_io_free(&io);
}
END_TEST

/* What comes after the deadline is not waited for, even if it drips. */
START_TEST(batch_io_run__keeps_the_deadline)
{
    server_t server = { NULL, 9, 2000, THEN_STALL, "" };
    apr_time_t began = shs_clock_now();

    ck_assert_int_eq(run_on(&server, A B "#", PLAIN, 80), TIMEOUT);
    ck_assert_int_ge(shs_clock_now() - began, 80 * (apr_time_t)1000);
    shs_batch_io_free(&io);
}
END_TEST

/* -------------------------------------------------------------------- sizes */

static char *repeat(char c, int len)
{
    char *text = apr_palloc(p, (apr_size_t)len + 1);

    memset(text, c, (apr_size_t)len);
    text[len] = '\0';
    return text;
}

/* The buffer grows, and what it had is still there. */
START_TEST(batch_io_run__reads_a_full_batch)
{
    static const int sizes[] = { 1, 100, 300, 590 };
    server_t server = { NULL, -1, 0, THEN_AGAIN, "" };
    batch_t *batch = apr_pcalloc(p, sizeof(*batch));
    const char *value = repeat('x', sizes[_i]);
    const shs_octets_t no_tail = { "", 0 };
    const char *text = "";
    shs_batch_item_t *item;
    shs_conn_t *conn;
    fake_t *fake;
    int i;

    for (i = 0; i < SHS_BATCH_QUEUE_LOADS; i++) {
        text = apr_psprintf(p, "%s$%d\r\n%s%03d\r\n:%d\r\n", text,
                            sizes[_i] + 3, value, i, i);
        add_load(batch, load_of("GET", "k", "$:"));
    }
    fake = start(&server, apr_pstrcat(p, text, ACTOR_MASTER "#", NULL));
    conn = fake_open(fake);
    take_batch(batch);
    ck_assert_msg(run(batch, ROLE, conn, 10000) == OK, "%s", reason);
    for (i = 0, item = batch->first; item; item = shs_batch_next(item), i++) {
        ck_octets_eq(shs_batch_replies(item, io.octets, no_tail, p),
                     unit_text(apr_psprintf(p, "$%d\r\n%s%03d\r\n:%d\r\n",
                                            sizes[_i] + 3, value, i, i)),
                     "of each load");
    }
    ck_assert_int_eq(i, SHS_BATCH_QUEUE_LOADS);
    ck_octets_eq(io.role, OCTETS(ACTOR_MASTER), "the role");
    shs_batch_io_free(&io);
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* The role is still there if the buffer grows, or moves, after it has come. */
START_TEST(batch_io_run__keeps_the_role_until_the_number_has_come)
{
    server_t server = { NULL, 0, 60, THEN_AGAIN, "" };
    shs_batch_load_t load = load_of("GET", "k", "$:");
    int size = 1000 + 500 * _i;
    batch_t *batch;
    shs_conn_t *conn;
    fake_t *fake;

    load.limits.octets = 100000;
    batch = batch_of_two(load);
    fake = start(&server, apr_psprintf(p, "$%d\r\n%s\r\n:1\r\n%s%s#", size,
                                       repeat('x', size), B, ACTOR_MASTER));
    /* All but the number. */
    server.split = (int)strlen(server.text) - 1;
    conn = fake_open(fake);
    ck_assert_msg(run(batch, ROLE, conn, 10000) == OK, "%s", reason);
    ck_assert(io.role.data >= io.octets);
    ck_assert(io.role.data + io.role.len <= io.octets + io.len);
    ck_octets_eq(io.role, OCTETS(ACTOR_MASTER), "the role");
    shs_batch_io_free(&io);
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

/* However much a load alone may have. */
START_TEST(batch_io_run__refuses_too_many_octets_altogether)
{
    server_t server = { NULL, -1, 0, THEN_STALL, "" };
    shs_batch_load_t load = load_of("GET", "k", "$:");
    int size = 10 * 1024 * 1024;
    batch_t *batch;
    shs_conn_t *conn;
    fake_t *fake;

    load.limits.octets = (apr_size_t)size;
    batch = batch_of_two(load);
    fake = start(&server, apr_psprintf(p, "$%d\r\n%s\r\n:1\r\n%s#", size,
                                       repeat('x', size), B));
    conn = fake_open(fake);
    ck_assert_int_eq(run(batch, PLAIN, conn, 10000), TOO_LARGE);
    ck_assert_ptr_nonnull(reason);
    shs_batch_io_free(&io);
    end_batch(batch);
    shs_conn_close(conn);
    fake_stop(fake);
}
END_TEST

static void add(TCase *tc)
{
    /* First, so that no batch was sent before it. */
    tcase_add_test(tc, batch_io_run__uses_other_numbers_than_other_processes);
    tcase_add_loop_test(tc, batch_io_run__knows_the_replies_of_loads_with_names,
                        0, ROWS(named));
    tcase_add_loop_test(tc,
                        batch_io_run__sends_all_commands_and_a_number_used_once,
                        0, ROWS(sent));
    tcase_add_loop_test(tc, batch_io_run__finds_the_replies_of_each_load, 0,
                        ROWS(right));
    tcase_add_loop_test(tc, batch_io_run__finds_the_same_split_at_each_octet, 0,
                        ROWS(right));
    tcase_add_loop_test(tc, batch_io_run__accepts_nothing_else, 0, ROWS(wrong));
    tcase_add_loop_test(tc, batch_io_run__accepts_nothing_else_in_two_pieces, 0,
                        ROWS(wrong));
    tcase_add_test(
        tc,
        batch_io_run__an_octet_that_comes_later_makes_the_connection_unusable);
    tcase_add_loop_test(
        tc, batch_io_run__a_close_is_dead_before_the_first_octet_else_failed, 0,
        ROWS(closed));
    tcase_add_test(tc,
                   batch_io_run__gives_up_at_once_when_the_deadline_has_passed);
    tcase_add_test(tc, batch_io_run__keeps_the_deadline);
    tcase_add_loop_test(tc, batch_io_run__reads_a_full_batch, 0, 4);
    tcase_add_loop_test(
        tc, batch_io_run__keeps_the_role_until_the_number_has_come, 0, 40);
    tcase_add_test(tc, batch_io_run__refuses_too_many_octets_altogether);
}

int main(void)
{
    return unit_main("batch_io", add);
}
