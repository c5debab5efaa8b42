/* SPDX-License-Identifier: Apache-2.0
 *
 * attribute: the ATTRIBUTE of a requirement or of an expression, and what it is
 * in a request: one text, or a list of texts. It is a path
 * (session/json/path.h) or a pseudo attribute, perhaps with [*] behind it.
 * After [*] may follow the name of a member, as in authorities[*].role: the
 * list has this member of each element of the array, and no text.
 *
 * A list has the elements of an array, without nulls. Any other value is a list
 * of one text; null and the empty object are empty lists. [*] makes a
 * text of an untyped session that is a JSON array count as an array. Without
 * [*] such a text is only a text: it may be one that a user has chosen.
 */
#ifndef SHS_REQUEST_ACCESS_ATTRIBUTE_H
#define SHS_REQUEST_ACCESS_ATTRIBUTE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <httpd.h>

#include "base/octets.h"
#include "request/lookup/lookup.h"

typedef struct shs_attribute_t shs_attribute_t;

/* Returns NULL and sets *out, from p; or returns what is wrong and the cure,
 * from p. The text must live as long as the attribute. */
const char *shs_attribute_parse(const shs_attribute_t **out, const char *text,
                                apr_pool_t *p);

/* As it was written. */
const char *shs_attribute_name(const shs_attribute_t *attribute);

/* The lookup of r that the attribute is read from, as shs_session_ops_find()
 * returns it. NULL as attribute: any session. */
const shs_lookup_t *shs_attribute_lookup(const shs_attribute_t *attribute,
                                         request_rec *r);

/* The text: a scalar's, or a structure as JSON. Returns 0 if r has none.
 * `lookup` is that of shs_attribute_lookup(). The text is borrowed from the
 * lookup, or from r's pool. */
int shs_attribute_text(shs_octets_t *text, const shs_attribute_t *attribute,
                       const shs_lookup_t *lookup, request_rec *r);

/* Whether the lookup's session, which is FOUND, tells what the attribute is. 0:
 * SharedSessionAttributes does not name it, or it could not be understood. */
int shs_attribute_is_known(const shs_attribute_t *attribute,
                           const shs_lookup_t *lookup, const request_rec *r);

/* A list, and for whom it was made. */
typedef struct shs_attribute_list_t {
    const char *name;                 /* of the attribute */
    const apr_array_header_t *values; /* of shs_octets_t: texts as above */
    apr_array_header_t *texts;        /* of const char *, for expressions; NULL:
                                       * not made yet */
    struct shs_attribute_list_t *next;
} shs_attribute_list_t;

/* The list. Never NULL. It is made once for all that asks for it in a request:
 * a place may have many requirements, a condition of an <If> is evaluated
 * twice, and a list may have many elements. From r's pool. */
shs_attribute_list_t *shs_attribute_list(const shs_attribute_t *attribute,
                                         const shs_lookup_t *lookup,
                                         request_rec *r);

#endif
