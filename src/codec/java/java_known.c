/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_known.h"

#include "codec/java/java_collection.h"
#include "codec/java/java_number.h"
#include "codec/java/java_scalar.h"
#include "codec/java/java_time.h"

/* Of com.google.common.base.Absent: an optional value that is not there. */
static int view_null(shs_java_view_t *view, const shs_java_item_t *object,
                     const shs_java_level_t *level, const char *field,
                     unsigned form, apr_pool_t *p)
{
    (void)object;
    (void)level;
    (void)field;
    (void)form;
    (void)p;
    view->kind = SHS_JAVA_VIEW_ITEM;
    view->item = NULL;
    return 1;
}

#define ROW(name, view, field, form)              \
    {                                             \
        name, sizeof(name) - 1, view, field, form \
    }

/* Sorted by the octets of the names. Not here are classes that extend one of
 * these, such as LinkedHashMap, Stack and Properties. */
static const shs_java_known_t known[] = {
    ROW("com.google.common.base.Absent", view_null, NULL, 0),
    ROW("com.google.common.base.Present", shs_java_collection_of_field,
        "reference", 0),
    ROW("java.io.File", shs_java_scalar_of_text, "path", 0),
    ROW("java.lang.Boolean", shs_java_number_of_field, "Zvalue", 0),
    ROW("java.lang.Byte", shs_java_number_of_field, "Bvalue", 0),
    ROW("java.lang.Character", shs_java_number_of_field, "Cvalue", 0),
    ROW("java.lang.Double", shs_java_number_of_field, "Dvalue", 0),
    ROW("java.lang.Float", shs_java_number_of_field, "Fvalue", 0),
    ROW("java.lang.Integer", shs_java_number_of_field, "Ivalue", 0),
    ROW("java.lang.Long", shs_java_number_of_field, "Jvalue", 0),
    ROW("java.lang.Short", shs_java_number_of_field, "Svalue", 0),
    ROW("java.lang.StringBuffer", shs_java_scalar_buffer, NULL, 0),
    ROW("java.lang.StringBuilder", shs_java_scalar_builder, NULL, 0),
    ROW("java.math.BigDecimal", shs_java_number_of_big_decimal, NULL, 0),
    ROW("java.math.BigInteger", shs_java_number_of_big_integer, NULL, 0),
    ROW("java.net.Inet6Address", shs_java_scalar_inet6, NULL, 0),
    ROW("java.net.InetAddress", shs_java_scalar_inet4, NULL, 0),
    ROW("java.net.URI", shs_java_scalar_of_text, "string", 0),
    ROW("java.net.URL", shs_java_scalar_url, NULL, 0),
    ROW("java.sql.Timestamp", shs_java_time_of_timestamp, NULL, 0),
    ROW("java.time.Ser", shs_java_time_of_ser, NULL, 0),
    ROW("java.util.AbstractMap$SimpleEntry", shs_java_collection_entry,
        "key value", 0),
    ROW("java.util.AbstractMap$SimpleImmutableEntry", shs_java_collection_entry,
        "key value", 0),
    ROW("java.util.ArrayDeque", shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.ArrayList", shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.Arrays$ArrayList", shs_java_collection_of_field, "a", 0),
    ROW("java.util.Calendar", shs_java_time_of_calendar, "time", 0),
    ROW("java.util.CollSer", shs_java_collection_of_collser, NULL, 0),
    ROW("java.util.Collections$AsLIFOQueue", shs_java_collection_of_field, "q",
        0),
    ROW("java.util.Collections$CheckedCollection", shs_java_collection_of_field,
        "c", 0),
    ROW("java.util.Collections$CheckedMap", shs_java_collection_of_field, "m",
        0),
    ROW("java.util.Collections$CopiesList", shs_java_collection_copies,
        "element", 0),
    ROW("java.util.Collections$EmptyList", shs_java_collection_empty, NULL, 0),
    ROW("java.util.Collections$EmptyMap", shs_java_collection_empty, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.Collections$EmptySet", shs_java_collection_empty, NULL, 0),
    ROW("java.util.Collections$SetFromMap", shs_java_collection_of_keys, "m",
        0),
    ROW("java.util.Collections$SingletonList", shs_java_collection_single,
        "element", 0),
    ROW("java.util.Collections$SingletonMap", shs_java_collection_entry, "k v",
        0),
    ROW("java.util.Collections$SingletonSet", shs_java_collection_single,
        "element", 0),
    ROW("java.util.Collections$SynchronizedCollection",
        shs_java_collection_of_field, "c", 0),
    ROW("java.util.Collections$SynchronizedMap", shs_java_collection_of_field,
        "m", 0),
    ROW("java.util.Collections$UnmodifiableCollection",
        shs_java_collection_of_field, "c", 0),
    ROW("java.util.Collections$UnmodifiableMap", shs_java_collection_of_field,
        "m", 0),
    ROW("java.util.Currency", shs_java_scalar_of_text, "currencyCode", 0),
    ROW("java.util.Date", shs_java_time_of_date, NULL, 0),
    ROW("java.util.EnumMap", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.EnumSet$SerializationProxy", shs_java_collection_of_field,
        "elements", 0),
    ROW("java.util.HashMap", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.HashSet", shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.Hashtable", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.IdentityHashMap", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.LinkedList", shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.Locale", shs_java_scalar_locale, NULL, 0),
    ROW("java.util.PriorityQueue", shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.TimeZone", shs_java_scalar_of_text, "ID", 0),
    ROW("java.util.TreeMap", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES),
    ROW("java.util.TreeSet", shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_COMPARATOR),
    ROW("java.util.UUID", shs_java_scalar_uuid, NULL, 0),
    ROW("java.util.Vector", shs_java_collection_vector, NULL, 0),
    ROW("java.util.concurrent.ArrayBlockingQueue", shs_java_collection_ring,
        NULL, 0),
    ROW("java.util.concurrent.ConcurrentHashMap", shs_java_collection_of_notes,
        NULL, SHS_JAVA_FORM_ENTRIES | SHS_JAVA_FORM_TWO_NULLS),
    ROW("java.util.concurrent.ConcurrentHashMap$KeySetView",
        shs_java_collection_of_keys, "map", 0),
    ROW("java.util.concurrent.ConcurrentLinkedDeque",
        shs_java_collection_of_notes, NULL, SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.ConcurrentLinkedQueue",
        shs_java_collection_of_notes, NULL, SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.ConcurrentSkipListMap",
        shs_java_collection_of_notes, NULL,
        SHS_JAVA_FORM_ENTRIES | SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.ConcurrentSkipListSet",
        shs_java_collection_of_keys, "m", 0),
    ROW("java.util.concurrent.CopyOnWriteArrayList",
        shs_java_collection_of_notes, NULL, 0),
    ROW("java.util.concurrent.CopyOnWriteArraySet",
        shs_java_collection_of_field, "al", 0),
    ROW("java.util.concurrent.LinkedBlockingDeque",
        shs_java_collection_of_notes, NULL, SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.LinkedBlockingQueue",
        shs_java_collection_of_notes, NULL, SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.LinkedTransferQueue",
        shs_java_collection_of_notes, NULL, SHS_JAVA_FORM_NULL),
    ROW("java.util.concurrent.PriorityBlockingQueue",
        shs_java_collection_of_field, "q", 0),
    ROW("java.util.concurrent.atomic.AtomicBoolean", shs_java_number_of_field,
        "Ivalue", 1),
    ROW("java.util.concurrent.atomic.AtomicInteger", shs_java_number_of_field,
        "Ivalue", 0),
    ROW("java.util.concurrent.atomic.AtomicIntegerArray",
        shs_java_collection_of_field, "array", 0),
    ROW("java.util.concurrent.atomic.AtomicLong", shs_java_number_of_field,
        "Jvalue", 0),
    ROW("java.util.concurrent.atomic.AtomicLongArray",
        shs_java_collection_of_field, "array", 0),
    ROW("java.util.concurrent.atomic.AtomicReference",
        shs_java_collection_of_field, "value", 0),
    ROW("java.util.concurrent.atomic.AtomicReferenceArray",
        shs_java_collection_of_field, "array", 0),
    ROW("java.util.concurrent.atomic.DoubleAdder$SerializationProxy",
        shs_java_number_of_field, "Dvalue", 0),
    ROW("java.util.concurrent.atomic.LongAdder$SerializationProxy",
        shs_java_number_of_field, "Jvalue", 0),
};

#define COUNT (sizeof(known) / sizeof(known[0]))

static int compare(shs_octets_t name, const shs_java_known_t *row)
{
    apr_size_t len = name.len < row->len ? name.len : row->len;
    int order = memcmp(name.data, row->name, len);

    return order ? order : name.len < row->len ? -1 : name.len > row->len;
}

const shs_java_known_t *shs_java_known_find(shs_octets_t name)
{
    apr_size_t from = 0;
    apr_size_t to = COUNT;

    while (from < to) {
        apr_size_t middle = (from + to) / 2;
        int order = compare(name, &known[middle]);

        if (order == 0) {
            return &known[middle];
        }
        if (order < 0) {
            to = middle;
        }
        else {
            from = middle + 1;
        }
    }
    return NULL;
}

const shs_java_known_t *shs_java_known_all(apr_size_t *count)
{
    *count = COUNT;
    return known;
}
