/* SPDX-License-Identifier: Apache-2.0
 *
 * actor: a fake server that plays a Redis, a Sentinel or a member of a cluster.
 * It replies to each command by its name, as the test says, which may change at
 * any time. By default it is a Redis master whose values name the server and
 * the key, so that a test sees which server's reply it got.
 */
#ifndef T_UNIT_ACTOR_H
#define T_UNIT_ACTOR_H

#include "redis/protocol/address.h"

typedef struct actor_t actor_t;

/* Instead of a reply. */
extern const char actor_close[]; /* closes the connection */
extern const char actor_stall[]; /* reads on and sends nothing more */
extern const char actor_wait[];  /* waits for actor_resume(), and then sends the
                                  * reply that it would send without this */
extern const char actor_slow[];  /* the same, but waits for 50 ms */

/* Before a reply: sends it and closes the connection. */
#define ACTOR_LAST "\001"

#define ACTOR_NIL "$-1\r\n"
#define ACTOR_MASTER                                                        \
    "*3\r\n$6\r\nmaster\r\n:7\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n6380" \
    "\r\n$1\r\n7\r\n"
#define ACTOR_SLAVE                                                      \
    "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r" \
    "\n:7\r\n"

/* The default replies: GET k is "<name> k", HGETALL one field <name> with value
 * k, PTTL 5000, EVAL, HLEN and STRLEN 1, ROLE that of a master, AUTH and the
 * like +OK; any other command is an error. */
actor_t *actor_start(const char *name);
void actor_stop(actor_t *actor);

/* Its address; borrowed. */
shs_address_t actor_address(const actor_t *actor);
int actor_port(const actor_t *actor);

/* The reply to commands that begin with these words ("SENTINEL MASTER"), from
 * now on, or only to the next one; it is borrowed. The last call counts. NULL:
 * the default. */
void actor_replies(actor_t *actor, const char *command, const char *reply);
void actor_replies_once(actor_t *actor, const char *command, const char *reply);

/* Ends one actor_wait. */
void actor_resume(actor_t *actor);

/* Closes all connections; new ones are accepted. */
void actor_disconnect(actor_t *actor);

/* How many such commands it received, and how many connections it accepted, so
 * far. */
int actor_received(actor_t *actor, const char *command);
int actor_accepted(actor_t *actor);

/* Waits until it has received so many such commands. */
void actor_await(actor_t *actor, const char *command, int count);

/* All commands so far, as "GET k|PTTL k|". From p. */
const char *actor_transcript(actor_t *actor);

/* ---- as a Sentinel */

void actor_set_master(actor_t *sentinel, const actor_t *master, int epoch);

/* NULL: none; else one whose flags are "slave". */
void actor_set_replica(actor_t *sentinel, const actor_t *replica);

/* ---- as a member of a cluster */

typedef struct actor_range_t {
    int first;
    int last;
    const actor_t *master;
    const actor_t *replica; /* NULL: none */
} actor_range_t;

void actor_set_slots(actor_t *member, const actor_range_t *ranges, int count);

/* CLUSTER INFO: the state, "ok" or "fail", and the current epoch. The default
 * is an error. */
void actor_set_state(actor_t *member, const char *state, int epoch);

/* "MOVED 123 127.0.0.1:7000" as an error reply; from p. */
const char *actor_redirect_error(const char *word, int slot, const actor_t *to);

/* ---- no server */

/* A port of 127.0.0.1 that refuses connections, reserved until the process
 * ends. */
int actor_refusing_port(void);

#endif
