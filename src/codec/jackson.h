/* SPDX-License-Identifier: Apache-2.0
 *
 * jackson: JSON as the Java library Jackson writes it, with and without the
 * names of classes that its default typing adds. What these say is undone, so
 * that the value is as a person would write it:
 *
 *   {"@class":"app.User","id":"alice"}        {"id":"alice"}
 *   ["java.util.ArrayList",["a","b"]]         ["a","b"]
 *   ["java.lang.Long",5]                      5
 *   ["java.util.Date",1700000000123]          "2023-11-14T22:13:20.123Z"
 *
 * A value has such names if it is an object with a member @class, or an array
 * of two members the first of which is the name of a class. In all others
 * nothing is undone. That is also so for arrays inside: an array that Jackson
 * writes without a name is one of primitive values.
 */
#ifndef SHS_CODEC_JACKSON_H
#define SHS_CODEC_JACKSON_H

#include "session/session.h"

/* Appends the value of the JSON text under that name, which it borrows. Returns
 * NULL, or why the text cannot be read, in words that contain none of it; then
 * nothing was appended. */
const char *shs_jackson_append(shs_session_t *session, shs_octets_t name,
                               shs_octets_t text, apr_pool_t *p);

#endif
