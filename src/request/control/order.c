/* SPDX-License-Identifier: Apache-2.0 */
#include "request/control/order.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/octets.h"
#include "config/control_headers.h"
#include "session/urlencoded.h"

#define SPACE " \t"

static const char *take_pair(void *data, shs_octets_t name, shs_octets_t value)
{
    shs_order_t *order = data;

    shs_change_add(order->change, SHS_CHANGE_TEXT, name, value);
    ++order->count;
    return NULL;
}

/* Whether a pair has white space in its name, or at an end of its value. */
static int has_stray_space(const char *pair, apr_size_t len)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals ? (apr_size_t)(equals - pair) : len;

    return strcspn(pair, SPACE) < name_len
           || (len > 0 && apr_isspace(pair[len - 1]))
           || (name_len + 1 < len && apr_isspace(pair[name_len + 1]));
}

/* An error if the pairs cannot come from a program that escapes them; or
 * NULL. */
static const char *find_unescaped(const char *pairs)
{
    apr_size_t len;

    if (strchr(pairs, ',')) {
        return "a comma in X-Session-Set is not escaped: urlencode names and"
               " values (%2C), and send the header once";
    }
    for (;; pairs += len + 1) {
        len = strcspn(pairs, "&");
        if (has_stray_space(pairs, len)) {
            return "white space in X-Session-Set, in a name or at an end of a"
                   " value, is not escaped: urlencode them (+), and do not"
                   " fold the line";
        }
        if (!pairs[len]) {
            return NULL;
        }
    }
}

static int read_set(void *data, const char *key, const char *value)
{
    shs_order_t *order = data;

    (void)key;
    order->is_there = 1;
    order->error = find_unescaped(value);
    if (!order->error) {
        order->error = shs_urlencoded_decode(shs_octets_of(value), take_pair,
                                             order, order->p);
    }
    return order->error == NULL;
}

static const char *add_unset(shs_order_t *order, char *name)
{
    shs_octets_t nothing = { "", 0 };
    shs_octets_t octets = { name, 0 };

    if (strpbrk(name, SPACE)) {
        return "white space in a name of X-Session-Unset is not escaped:"
               " urlencode names (+), and put commas between them";
    }
    if (shs_octets_unescape(name, &octets.len, name, strlen(name), 1)) {
        return "a '%' is not followed by two hexadecimal digits";
    }
    shs_change_add(order->change, SHS_CHANGE_UNSET, octets, nothing);
    ++order->count;
    return NULL;
}

static int read_unset(void *data, const char *key, const char *value)
{
    shs_order_t *order = data;
    char *rest = apr_pstrdup(order->p, value);
    char *name;

    (void)key;
    order->is_there = 1;
    while (!order->error && (name = apr_strtok(rest, ",", &rest)) != NULL) {
        char *end = name + strlen(name);

        name += strspn(name, SPACE);
        while (end > name && apr_isspace(end[-1])) {
            *--end = '\0';
        }
        if (*name) {
            order->error = add_unset(order, name);
        }
    }
    return order->error == NULL;
}

static int read_action(void *data, const char *key, const char *value)
{
    static const struct {
        const char *word;
        shs_order_action_t action;
    } actions[] = { { "create", SHS_ORDER_CREATE },
                    { "rotate", SHS_ORDER_ROTATE },
                    { "destroy", SHS_ORDER_DESTROY } };
    shs_order_t *order = data;
    shs_order_action_t before = order->action;
    int i;

    (void)key;
    order->is_there = 1;
    for (i = 0; i < 3; ++i) {
        if (!strcasecmp(value, actions[i].word)) {
            order->action = actions[i].action;
            if (before != SHS_ORDER_CHANGE && before != order->action) {
                order->error = "two different headers X-Session-Action: send"
                               " one";
            }
            return order->error == NULL;
        }
    }
    order->error = "an action is create, rotate or destroy, and one at a time";
    return 0;
}

/* Stops at the first error. */
static void read_table(shs_order_t *order, const apr_table_t *table)
{
    if (!order->error
        && apr_table_do(read_set, order, table, SHS_CONTROL_HEADERS_SET, NULL)
        && apr_table_do(read_unset, order, table, SHS_CONTROL_HEADERS_UNSET,
                        NULL)) {
        apr_table_do(read_action, order, table, SHS_CONTROL_HEADERS_ACTION,
                     NULL);
    }
}

void shs_order_take(shs_order_t *order, request_rec *r)
{
    memset(order, 0, sizeof(*order));
    if (!shs_control_headers_are_in(r->headers_out)
        && !shs_control_headers_are_in(r->err_headers_out)) {
        return;
    }
    order->p = r->pool;
    order->is_there = 1;
    order->change = shs_change_create(r->pool);
    read_table(order, r->headers_out);
    read_table(order, r->err_headers_out);
    shs_control_headers_remove(r->headers_out);
    shs_control_headers_remove(r->err_headers_out);
    if (!order->error) {
        order->error = shs_change_check(order->change);
    }
}

apr_table_t *shs_order_set_aside(request_rec *r)
{
    apr_table_t *aside = apr_table_make(r->pool, 3);

    shs_control_headers_move(aside, r->headers_out);
    shs_control_headers_move(aside, r->err_headers_out);
    return aside;
}

void shs_order_restore(request_rec *r, const apr_table_t *aside)
{
    shs_control_headers_copy(r->headers_out, aside);
}
