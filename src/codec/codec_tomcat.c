/* SPDX-License-Identifier: Apache-2.0
 *
 * The format tomcat: what tomcat-redis-session-manager and its forks write: a
 * string with one stream of Java Object Serialization, which has these objects
 * one after the other (RedisSession, StandardSession.writeObjectData):
 *
 *   SessionSerializationMetadata    not in the oldest versions
 *   Long Long Integer    creation, last access, idle timeout in seconds
 *   Boolean Boolean Long   is new, is valid, this access
 *   String               the id
 *   0, 2 or 4 objects    authentication, by the version of Tomcat; no Integer
 *   Integer              the number of attributes; of each, a String and an
 *                        object
 *
 * The manager writes the string only if the session has changed, so the times
 * of access are old, and the key's time to live decides. The string "null"
 * reserves an id for a session that is not stored yet.
 */
#include "codec/codec.h"

#include "codec/java/java_read.h"
#include "codec/stored_time.h"
#include "session/json/json_twins.h"

/* What StandardSession writes for an attribute that cannot be serialized. */
#define NOT_SERIALIZED "___NOT_SERIALIZABLE_EXCEPTION___"

/* Between the id and the number of attributes. */
#define MOST_AUTHENTICATION 8

#define MOST_ATTRIBUTES 65536

/* The stream, and a session into which it is decoded. */
typedef struct stream_t {
    shs_java_reader_t *reader;
    shs_session_t *session;
    const shs_wanted_t *wanted;
} stream_t;

static const char truncated[] = "its stream ends before its attributes";

/* The next object as an integer. Returns 0 if it is not one. */
static int take_integer(apr_int64_t *out, stream_t *stream)
{
    shs_kind_t kind;
    shs_octets_t text;

    return !shs_java_read_scalar(stream->reader, &kind, &text)
           && kind == SHS_KIND_NUMBER && shs_stored_time_read_number(out, text);
}

static int take_bool(int *out, stream_t *stream)
{
    shs_kind_t kind;
    shs_octets_t text;

    if (shs_java_read_scalar(stream->reader, &kind, &text)
        || kind != SHS_KIND_BOOL) {
        return 0;
    }
    *out = shs_octets_are_text(text, "true");
    return 1;
}

/* When the session was created: behind the manager's own object, if there is
 * one. */
static int take_created(apr_int64_t *out, stream_t *stream)
{
    if (take_integer(out, stream)) {
        return *out > 0;
    }
    return take_integer(out, stream) && *out > 0;
}

/* The objects up to the id. Returns NULL, or why the record is malformed. */
static const char *read_life(stream_t *stream)
{
    shs_metadata_t *metadata = shs_session_metadata(stream->session);
    apr_int64_t created, accessed, max_s;
    int is_new, is_valid;
    shs_kind_t kind;
    shs_octets_t id;

    if (!take_created(&created, stream) || !take_integer(&accessed, stream)
        || !take_integer(&max_s, stream)) {
        return "its stream does not begin as that of a session of Tomcat";
    }
    if (!take_bool(&is_new, stream) || !take_bool(&is_valid, stream)
        || !take_integer(&accessed, stream)
        || shs_java_read_scalar(stream->reader, &kind, &id)
        || (kind != SHS_KIND_STRING && kind != SHS_KIND_NULL)) {
        return "its stream does not begin as that of a session of Tomcat";
    }
    metadata->created_at = created * 1000;
    if (max_s > 0 && max_s <= APR_INT32_MAX) {
        metadata->idle = apr_time_from_sec(max_s);
    }
    if (!is_valid) {
        shs_session_set_expiry(stream->session, shs_stored_time_expiry(0));
    }
    return NULL;
}

/* The number of attributes, behind the authentication. */
static const char *read_count(apr_int64_t *count, stream_t *stream)
{
    int i;

    for (i = 0; i <= MOST_AUTHENTICATION; ++i) {
        if (shs_java_read_peek(stream->reader) != SHS_JAVA_NEXT_OBJECT) {
            return truncated;
        }
        if (take_integer(count, stream)) {
            return *count >= 0 && *count <= MOST_ATTRIBUTES
                       ? NULL
                       : "its number of attributes is impossible";
        }
    }
    return "its stream has no number of attributes";
}

/* Appends an attribute that is wanted, unless it was not serialized. */
static void take_value(stream_t *stream, shs_octets_t name)
{
    apr_size_t from, to;
    const shs_value_t *values;
    const char *wrong;

    shs_session_values(stream->session, &from);
    wrong = shs_java_read_value(stream->reader, stream->session, name);
    if (wrong) {
        shs_session_append_opaque(stream->session, name, wrong);
        return;
    }
    values = shs_session_values(stream->session, &to);
    if (values[from].kind == SHS_KIND_STRING
        && shs_octets_are_text(values[from].text, NOT_SERIALIZED)) {
        shs_session_truncate(stream->session, from);
    }
}

static const char *read_attribute(stream_t *stream)
{
    shs_octets_t name;

    if (shs_java_read_string(stream->reader, &name)) {
        return "an attribute has no name";
    }
    if (shs_java_read_peek(stream->reader) != SHS_JAVA_NEXT_OBJECT) {
        return truncated;
    }
    if (shs_wanted_has(stream->wanted, name)) {
        if (!shs_metadata_is_reserved(name)) {
            take_value(stream, name);
            return NULL;
        }
        shs_session_append_opaque(stream->session, name,
                                  "an attribute's name begins with '@'");
    }
    return shs_java_read_skip(stream->reader);
}

static const char *read_stream(stream_t *stream, shs_octets_t string)
{
    const char *wrong = shs_java_read_open(stream->reader, string);
    apr_int64_t count = 0;

    if (!wrong) {
        wrong = read_life(stream);
    }
    if (!wrong) {
        wrong = read_count(&count, stream);
    }
    for (; count > 0 && !wrong; --count) {
        wrong = read_attribute(stream);
    }
    if (!wrong && shs_java_read_peek(stream->reader) == SHS_JAVA_NEXT_WRONG) {
        wrong = "its stream is malformed behind an attribute";
    }
    return wrong;
}

static const char *decode(shs_session_t **out, const shs_record_t *record,
                          const shs_wanted_t *wanted, apr_pool_t *p)
{
    stream_t stream = { NULL, shs_session_create(16, p), wanted };
    const char *wrong;

    if (shs_octets_are_text(record->string, "null")) {
        shs_session_set_expiry(stream.session, shs_stored_time_expiry(0));
        *out = stream.session;
        return NULL;
    }
    stream.reader = shs_java_read_create(p);
    wrong = read_stream(&stream, record->string);
    if (!wrong) {
        shs_json_twins_remove(stream.session, 0, p);
        *out = stream.session;
    }
    return wrong;
}

const shs_codec_t shs_codec_tomcat = { "tomcat", SHS_SHAPE_STRING,
                                       "",       decode,
                                       NULL,     NULL };
