/* SPDX-License-Identifier: Apache-2.0
 *
 * Written in two passes over the same code: the first counts (out is NULL),
 * the second writes into memory of exactly that size.
 */
#include "session/json_text.h"

#include <string.h>

typedef struct writer_t {
    char *out; /* NULL: only count */
    apr_size_t len;
} writer_t;

static void put(writer_t *w, const char *data, apr_size_t len)
{
    if (w->out && len > 0) {
        memcpy(w->out + w->len, data, len);
    }
    w->len += len;
}

static void put_escaped_char(writer_t *w, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = { '\\', 'u', '0', '0', '0', '0' };
    static const char shorthands[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    const char *s;

    for (s = shorthands; *s; s += 2) {
        if ((unsigned char)*s == c) {
            text[1] = s[1];
            put(w, text, 2);
            return;
        }
    }
    text[4] = hex[c >> 4];
    text[5] = hex[c & 15];
    put(w, text, 6);
}

static void put_string(writer_t *w, shs_octets_t text)
{
    apr_size_t i, start = 0;

    put(w, "\"", 1);
    for (i = 0; i < text.len; ++i) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
            put(w, text.data + start, i - start);
            put_escaped_char(w, c);
            start = i + 1;
        }
    }
    put(w, text.data + start, text.len - start);
    put(w, "\"", 1);
}

static void put_node(writer_t *w, const shs_node_t *nodes,
                     const shs_node_t *node)
{
    int is_object = node->kind == SHS_KIND_OBJECT;
    apr_size_t first = (apr_size_t)(node - nodes) + 1;
    apr_size_t i;

    switch (node->kind) {
    case SHS_KIND_NULL:
        put(w, "null", 4);
        return;
    case SHS_KIND_STRING:
        put_string(w, node->text);
        return;
    case SHS_KIND_NUMBER:
    case SHS_KIND_BOOL:
        put(w, node->text.data, node->text.len);
        return;
    case SHS_KIND_ARRAY:
    case SHS_KIND_OBJECT:
        break;
    }
    put(w, is_object ? "{" : "[", 1);
    for (i = first; i < node->end; i = nodes[i].end) {
        if (i > first) {
            put(w, ",", 1);
        }
        if (is_object) {
            put_string(w, nodes[i].name);
            put(w, ":", 1);
        }
        put_node(w, nodes, &nodes[i]);
    }
    put(w, is_object ? "}" : "]", 1);
}

shs_octets_t shs_json_text_write(const shs_node_t *nodes,
                                 const shs_node_t *node, apr_pool_t *p)
{
    writer_t w = { NULL, 0 };
    shs_octets_t text;

    put_node(&w, nodes, node);
    w.out = apr_palloc(p, w.len + 1);
    w.len = 0;
    put_node(&w, nodes, node);
    w.out[w.len] = '\0';
    text.data = w.out;
    text.len = w.len;
    return text;
}
