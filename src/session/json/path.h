/* SPDX-License-Identifier: Apache-2.0
 *
 * path: the ATTRIBUTE argument of a directive, parsed once at start.
 *
 *   userId            the attribute of that name
 *   user.roles[0]     into a structure: member "roles" of "user", first element
 *   ['a.b'].id        the same, of a name with dots or brackets
 *   login_web_*       the first attribute whose name begins with that; a path
 *                     into it may follow
 *   @id @status @ttl @label @reason
 *                     pseudo attributes: about the session, not stored in it
 *   *                 every top-level attribute (only with a name ending in *)
 *
 * Names of attributes may have dots and brackets, so the longest attribute name
 * that the path begins with counts: "a.b.id" leads to the attribute "a.b.id",
 * or else into "a.b", or else into "a". A name in quotation marks is the whole
 * one.
 *
 * In an untyped session a path also leads into an attribute whose text is a
 * JSON object or array. The text is parsed only then. A text that is no JSON,
 * or is nested deeper than SHS_SESSION_MAX_DEPTH, has no members.
 */
#ifndef SHS_SESSION_JSON_PATH_H
#define SHS_SESSION_JSON_PATH_H

#include <apr_pools.h>

#include "session/session.h"
#include "session/wanted.h"

typedef enum shs_path_kind_t {
    SHS_PATH_ATTRIBUTE,
    SHS_PATH_EVERY,  /* * */
    SHS_PATH_ID,     /* @id: the id as the cookie has it, without the route */
    SHS_PATH_STATUS, /* @status: the outcome, as shs_outcome_describe() */
    SHS_PATH_TTL,    /* @ttl: whole seconds left */
    SHS_PATH_LABEL,  /* @label: the id's label in the error log */
    SHS_PATH_REASON  /* @reason: why there is no session, in words */
} shs_path_kind_t;

typedef struct shs_path_t shs_path_t;

/* The path "*". */
extern const shs_path_t shs_path_every;

/* Returns NULL and sets *out, or returns what is wrong with the text (static
 * or from p). The text must live as long as the path. */
const char *shs_path_parse(const shs_path_t **out, const char *text,
                           apr_pool_t *p);

shs_path_kind_t shs_path_kind(const shs_path_t *path);

/* The attributes of one session whose texts were parsed, so that each is parsed
 * once. Zeroed before the first path; it borrows from the session and from the
 * pools of all of them. */
typedef struct shs_path_inside_t {
    struct shs_path_read_t *read;
} shs_path_inside_t;

/* The value that a SHS_PATH_ATTRIBUTE leads to, and the session that it is a
 * value of: the given one, or one that was parsed from an attribute's text.
 * NULL if there is none, and for other kinds of path. */
const shs_value_t *shs_path_find(const shs_session_t **of,
                                 const shs_path_t *path,
                                 const shs_session_t *session,
                                 shs_path_inside_t *inside, apr_pool_t *p);

/* The same, but a text of an untyped session that is a JSON object or array is
 * that structure. */
const shs_value_t *shs_path_find_structure(const shs_session_t **of,
                                           const shs_path_t *path,
                                           const shs_session_t *session,
                                           shs_path_inside_t *inside,
                                           apr_pool_t *p);

/* Whether a SHS_PATH_ATTRIBUTE says something about the session: 0 if the
 * attribute that it leads to or into was not read (session/wanted.h), or could
 * not be understood. */
int shs_path_is_known(const shs_path_t *path, const shs_session_t *session,
                      const shs_wanted_t *wanted);

/* The value as text, as shs_json_text_get() returns it: borrowed from the
 * session, or from p. Returns 0 if there is none, if it is null, and for other
 * kinds of path. */
int shs_path_text(shs_octets_t *text, const shs_path_t *path,
                  const shs_session_t *session, shs_path_inside_t *inside,
                  apr_pool_t *p);

#endif
