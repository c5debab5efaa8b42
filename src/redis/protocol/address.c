/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/address.h"

#include <string.h>

#include <arpa/inet.h>

#include <apr_strings.h>

#define PORT_MAX 65535

/* Not isalnum(), which follows the locale. */
static int is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
}

/* An IPv4 address is such a name. */
static int is_name(shs_octets_t host)
{
    apr_size_t i;

    for (i = 0; i < host.len; ++i) {
        char c = host.data[i];

        if (!is_alphanumeric(c) && (i == 0 || (c != '.' && c != '-'))) {
            return 0;
        }
    }
    return 1;
}

static int is_ipv6(shs_octets_t host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (host.len >= sizeof(text) || memchr(host.data, '\0', host.len)) {
        return 0;
    }
    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

int shs_address_parse(shs_address_t *out, shs_octets_t host, apr_int64_t port,
                      const shs_address_t *sender, apr_pool_t *p)
{
    if (port < 1 || port > PORT_MAX) {
        return 0;
    }
    if (host.len == 0 && sender) {
        out->host = apr_pstrdup(p, sender->host);
    }
    else if (host.len > 0 && host.len <= SHS_ADDRESS_HOST_MAX
             && (is_name(host) || is_ipv6(host))) {
        out->host = apr_pstrmemdup(p, host.data, host.len);
    }
    else {
        return 0;
    }
    out->port = (int)port;
    return 1;
}

apr_int64_t shs_address_parse_number(shs_octets_t digits, apr_int64_t most)
{
    apr_int64_t number = 0;
    apr_size_t i;

    for (i = 0; i < digits.len; ++i) {
        int digit = digits.data[i] - '0';

        if (digit < 0 || digit > 9 || digit > most
            || number > (most - digit) / 10) {
            return -1;
        }
        number = number * 10 + digit;
    }
    return digits.len > 0 ? number : -1;
}
