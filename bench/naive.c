/* SPDX-License-Identifier: Apache-2.0
 *
 * naive: a handler that reads Redis itself in the simplest way: one blocking
 * HGETALL on a connection per thread. It has no deadline, reads no time to live,
 * and does not handle a Redis that fails. The difference to our module is what
 * the module adds to a bare round trip.
 *
 *   NaiveStore PORT | /SOCKET
 */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <hiredis/hiredis.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static const char *address;

static redisContext *connection(void)
{
    static __thread redisContext *context;

    if (!context) {
        context = *address == '/' ? redisConnectUnix(address)
                                  : redisConnect("127.0.0.1", atoi(address));
    }
    return context;
}

static const char *user_of(request_rec *r, const char *id)
{
    redisReply *reply =
        redisCommand(connection(), "HGETALL session:%b", id, strcspn(id, ";"));
    const char *user = NULL;
    size_t i;

    for (i = 0; reply && i + 1 < reply->elements; i += 2) {
        if (!strcmp(reply->element[i]->str, "userId")) {
            user = apr_pstrdup(r->pool, reply->element[i + 1]->str);
        }
    }
    freeReplyObject(reply);
    return user;
}

static int on_handler(request_rec *r)
{
    const char *cookie = apr_table_get(r->headers_in, "Cookie");
    const char *id = cookie ? strstr(cookie, "JSESSIONID=") : NULL;
    const char *user = NULL;

    if (!r->handler || strcmp(r->handler, "naive")) {
        return DECLINED;
    }
    if (id) {
        user = user_of(r, id + strlen("JSESSIONID="));
    }
    ap_set_content_type(r, "text/plain");
    ap_rvputs(r, "hello ", user ? user : "stranger", "\n", NULL);
    return OK;
}

static const char *set_address(cmd_parms *cmd, void *dir, const char *word)
{
    (void)cmd;
    (void)dir;
    address = word;
    return NULL;
}

static const command_rec directives[] = {
    AP_INIT_TAKE1("NaiveStore", set_address, NULL, RSRC_CONF,
                  "a port of 127.0.0.1, or a Unix socket"),
    { NULL }
};

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(naive) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, directives, register_hooks
};
