/* SPDX-License-Identifier: Apache-2.0 */
#include "actor.h"

#include <pthread.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "fake.h"
#include "base/clock.h"
#include "unit.h"

#define MAX_LINES 64

const char actor_close[] = "close";
const char actor_stall[] = "stall";
const char actor_wait[] = "wait";
const char actor_slow[] = "slow";

/* The reply to a command. */
typedef struct line_t {
    const char *command;
    const char *reply;
    int is_once;
    int is_used; /* and is_once */
} line_t;

struct actor_t {
    const char *name;
    fake_t *fake;
    pthread_mutex_t lock; /* of what follows */
    line_t lines[MAX_LINES];
    int count;
    char transcript[65536];
    size_t len;
};

static void write_words(char *text, size_t room, const fake_peer_t *peer)
{
    int i;

    text[0] = '\0';
    for (i = 0; i < peer->count; i++) {
        size_t len = strlen(text);

        apr_snprintf(text + len, room - len, "%s%s", i ? " " : "",
                     peer->arguments[i]);
    }
}

static int begins_with(const char *text, const char *words)
{
    size_t len = strlen(words);

    return !strncmp(text, words, len)
           && (text[len] == '\0' || text[len] == ' ' || text[len] == '|');
}

/* The reply that the test has set; NULL: none. */
static const char *find_reply(actor_t *actor, const char *words, int may_wait)
{
    int i;

    for (i = actor->count - 1; i >= 0; i--) {
        line_t *line = &actor->lines[i];

        if (line->is_used || !begins_with(words, line->command)
            || (!may_wait
                && (line->reply == actor_wait || line->reply == actor_slow))) {
            continue;
        }
        line->is_used = line->is_once;
        return line->reply;
    }
    return NULL;
}

static const char *receive(actor_t *actor, const char *words)
{
    const char *reply;
    size_t room;

    pthread_mutex_lock(&actor->lock);
    room = sizeof(actor->transcript) - actor->len;
    if (strlen(words) + 2 < room) {
        actor->len += (size_t)apr_snprintf(actor->transcript + actor->len, room,
                                           "%s|", words);
    }
    reply = find_reply(actor, words, 1);
    pthread_mutex_unlock(&actor->lock);
    return reply;
}

static const char *find_delayed_reply(actor_t *actor, const char *words)
{
    const char *reply;

    pthread_mutex_lock(&actor->lock);
    reply = find_reply(actor, words, 0);
    pthread_mutex_unlock(&actor->lock);
    return reply;
}

static void send_default(fake_peer_t *peer, const actor_t *actor)
{
    static const char *const fine[] = { "AUTH", "SELECT", "CLIENT", "ASKING",
                                        "READONLY" };
    const char *command = peer->arguments[0];
    const char *key = peer->count > 1 ? peer->arguments[1] : "";
    const char *reply = "-ERR unknown command\r\n";
    char value[1200];
    int i;

    for (i = 0; i < ROWS(fine); i++) {
        if (!strcmp(command, fine[i])) {
            reply = "+OK\r\n";
        }
    }
    if (!strcmp(command, "GET")) {
        apr_snprintf(value, sizeof(value), "$%d\r\n%s %s\r\n",
                     (int)(strlen(actor->name) + 1 + strlen(key)), actor->name,
                     key);
        reply = value;
    }
    else if (!strcmp(command, "HGETALL")) {
        apr_snprintf(value, sizeof(value), "*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n",
                     (int)strlen(actor->name), actor->name, (int)strlen(key),
                     key);
        reply = value;
    }
    else if (!strcmp(command, "PTTL")) {
        reply = ":5000\r\n";
    }
    else if (!strcmp(command, "ROLE")) {
        reply = ACTOR_MASTER;
    }
    else if (!strcmp(command, "EVAL") || !strcmp(command, "HLEN")
             || !strcmp(command, "STRLEN")) {
        reply = ":1\r\n";
    }
    fake_send_text(peer, reply);
}

static void play(fake_peer_t *peer, void *baton)
{
    actor_t *actor = baton;
    char words[4096];

    while (fake_read_command(peer)) {
        const char *reply;

        write_words(words, sizeof(words), peer);
        reply = receive(actor, words);
        if (reply == actor_wait || reply == actor_slow) {
            if (reply == actor_wait) {
                fake_wait(peer);
            }
            else {
                unit_let_pass(unit_in_ms(50));
            }
            reply = find_delayed_reply(actor, words);
        }
        if (reply == actor_close) {
            return;
        }
        if (reply == actor_stall) {
            fake_stall(peer);
            return;
        }
        if (reply && *reply == *ACTOR_LAST) {
            fake_send_text(peer, reply + 1);
            fake_linger(peer);
            return;
        }
        if (reply) {
            fake_send_text(peer, reply);
        }
        else {
            send_default(peer, actor);
        }
    }
}

actor_t *actor_start(const char *name)
{
    actor_t *actor = calloc(1, sizeof(*actor));

    ck_assert_ptr_nonnull(actor);
    pthread_mutex_init(&actor->lock, NULL);
    actor->name = name;
    actor->fake = fake_start(play, actor);
    return actor;
}

void actor_stop(actor_t *actor)
{
    fake_stop(actor->fake);
    pthread_mutex_destroy(&actor->lock);
    free(actor);
}

int actor_port(const actor_t *actor)
{
    return fake_port(actor->fake);
}

shs_address_t actor_address(const actor_t *actor)
{
    shs_address_t server = { "127.0.0.1", actor_port(actor) };

    return server;
}

/* Whether it only delays the reply that was set before. */
static int is_pause(const char *reply)
{
    return reply == actor_wait || reply == actor_slow;
}

static void add_line(actor_t *actor, const char *command, const char *reply,
                     int is_once)
{
    int i = 0;
    int to = 0;

    pthread_mutex_lock(&actor->lock);
    /* Forgets lines that the new one hides, and those that were used. */
    for (i = 0; i < actor->count; i++) {
        const line_t *line = &actor->lines[i];

        if (!line->is_used
            && (is_once || is_pause(reply) || line->is_once
                || strcmp(line->command, command) != 0)) {
            actor->lines[to++] = *line;
        }
    }
    actor->count = to;
    ck_assert_int_lt(actor->count, MAX_LINES);
    actor->lines[actor->count].command = command;
    actor->lines[actor->count].reply = reply;
    actor->lines[actor->count].is_once = is_once;
    actor->lines[actor->count].is_used = 0;
    actor->count++;
    pthread_mutex_unlock(&actor->lock);
}

void actor_replies(actor_t *actor, const char *command, const char *reply)
{
    add_line(actor, command, reply, 0);
}

void actor_replies_once(actor_t *actor, const char *command, const char *reply)
{
    add_line(actor, command, reply, 1);
}

void actor_resume(actor_t *actor)
{
    fake_resume(actor->fake);
}

void actor_disconnect(actor_t *actor)
{
    fake_disconnect(actor->fake);
}

int actor_accepted(actor_t *actor)
{
    return fake_accepted(actor->fake);
}

int actor_received(actor_t *actor, const char *command)
{
    const char *at;
    int count = 0;

    pthread_mutex_lock(&actor->lock);
    for (at = actor->transcript; *at; at = strchr(at, '|') + 1) {
        count += begins_with(at, command);
    }
    pthread_mutex_unlock(&actor->lock);
    return count;
}

void actor_await(actor_t *actor, const char *command, int count)
{
    unit_await(actor_received(actor, command) >= count,
               "%s received %s %d times", actor->name, command,
               actor_received(actor, command));
}

const char *actor_transcript(actor_t *actor)
{
    const char *transcript;

    pthread_mutex_lock(&actor->lock);
    transcript = apr_pstrdup(p, actor->transcript);
    pthread_mutex_unlock(&actor->lock);
    return transcript;
}

/* ------------------------------------------------------------- a Sentinel */

static const char *bulk(const char *text)
{
    return apr_psprintf(p, "$%d\r\n%s\r\n", (int)strlen(text), text);
}

static const char *number(int value)
{
    return apr_psprintf(p, "%d", value);
}

void actor_set_master(actor_t *sentinel, const actor_t *master, int epoch)
{
    const char *port = number(actor_port(master));

    /* The epoch first: a client between the two calls gets the old master with
     * the new epoch, and asks again. */
    actor_replies(sentinel, "SENTINEL MASTER",
                  apr_pstrcat(p, "*4\r\n", bulk("name"), bulk("m"),
                              bulk("config-epoch"), bulk(number(epoch)), NULL));
    actor_replies(
        sentinel, "SENTINEL get-master-addr-by-name",
        apr_pstrcat(p, "*2\r\n", bulk("127.0.0.1"), bulk(port), NULL));
    actor_set_replica(sentinel, NULL);
}

void actor_set_replica(actor_t *sentinel, const actor_t *replica)
{
    const char *none = "*0\r\n";

    actor_replies(sentinel, "SENTINEL REPLICAS",
                  !replica ? none
                           : apr_pstrcat(p, "*1\r\n*6\r\n", bulk("ip"),
                                         bulk("127.0.0.1"), bulk("port"),
                                         bulk(number(actor_port(replica))),
                                         bulk("flags"), bulk("slave"), NULL));
}

/* ------------------------------------------------- a member of a cluster */

static const char *node_of(const actor_t *actor)
{
    return actor ? apr_psprintf(p, "*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n",
                                actor_port(actor))
                 : "";
}

void actor_set_slots(actor_t *member, const actor_range_t *ranges, int count)
{
    const char *reply = apr_psprintf(p, "*%d\r\n", count);
    int i;

    for (i = 0; i < count; i++) {
        reply = apr_pstrcat(
            p, reply,
            apr_psprintf(p, "*%d\r\n:%d\r\n:%d\r\n", ranges[i].replica ? 4 : 3,
                         ranges[i].first, ranges[i].last),
            node_of(ranges[i].master), node_of(ranges[i].replica), NULL);
    }
    actor_replies(member, "CLUSTER SLOTS", reply);
}

void actor_set_state(actor_t *member, const char *state, int epoch)
{
    actor_replies(member, "CLUSTER INFO",
                  bulk(apr_psprintf(p,
                                    "cluster_state:%s\r\n"
                                    "cluster_slots_assigned:16384\r\n"
                                    "cluster_current_epoch:%d\r\n"
                                    "cluster_my_epoch:1\r\n",
                                    state, epoch)));
}

const char *actor_redirect_error(const char *word, int slot, const actor_t *to)
{
    return apr_psprintf(p, "-%s %d 127.0.0.1:%d\r\n", word, slot,
                        actor_port(to));
}

/* ------------------------------------------------------------- no server */

int actor_refusing_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in in;
    socklen_t len = sizeof(in);

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    /* Bound, so that no other process gets the port, but not listening. */
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    return ntohs(in.sin_port);
}
