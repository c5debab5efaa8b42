/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/redirect_reply.h"

#include <string.h>

#include "redis/protocol/address.h"
#include "redis/protocol/slot.h"

static int skip(shs_octets_t *text, const char *word)
{
    apr_size_t len = strlen(word);

    if (text->len < len || memcmp(text->data, word, len)) {
        return 0;
    }
    text->data += len;
    text->len -= len;
    return 1;
}

/* Splits *rest at its first space. */
static int cut(shs_octets_t *before, shs_octets_t *rest)
{
    const char *space = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;

    if (!space) {
        return 0;
    }
    before->data = rest->data;
    before->len = (apr_size_t)(space - rest->data);
    rest->data = space + 1;
    rest->len -= before->len + 1;
    return 1;
}

static int read_server(shs_address_t *out, shs_octets_t text,
                       const shs_address_t *sender, apr_pool_t *p)
{
    shs_octets_t host = text;
    shs_octets_t port;

    while (host.len > 0 && host.data[host.len - 1] != ':') {
        --host.len;
    }
    if (host.len == 0) {
        return 0;
    }
    port.data = host.data + host.len;
    port.len = text.len - host.len;
    --host.len;
    /* Brackets only enclose a host with colons. */
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']'
        && memchr(host.data, ':', host.len)) {
        ++host.data;
        host.len -= 2;
    }
    return shs_address_parse(out, host, shs_address_parse_number(port, 65535),
                             sender, p);
}

int shs_redirect_reply_parse(shs_redirect_reply_t *out,
                             const shs_reply_t *error,
                             const shs_address_t *sender, apr_pool_t *p)
{
    shs_octets_t text = error->text;
    shs_redirect_reply_t redirect;
    shs_octets_t slot;

    if (error->kind != SHS_REPLY_ERROR) {
        return 0;
    }
    redirect.is_ask = skip(&text, "ASK ");
    if ((!redirect.is_ask && !skip(&text, "MOVED ")) || !cut(&slot, &text)) {
        return 0;
    }
    redirect.slot = (int)shs_address_parse_number(slot, SHS_SLOT_COUNT - 1);
    if (redirect.slot < 0 || !read_server(&redirect.server, text, sender, p)) {
        return 0;
    }
    *out = redirect;
    return 1;
}
