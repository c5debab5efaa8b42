/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/java/java_time.h"

#include <apr_strings.h>

#include "codec/java/java_field.h"
#include "codec/java/java_input.h"
#include "codec/java/java_iso.h"

#define NANOS          1000000000
#define NANOS_OF_MILLI 1000000
#define YEAR_MAX       999999999
#define OFFSET_MAX     (18 * 3600)
#define QUARTERS_MAX   72
#define SECONDS_MIN    APR_INT64_C(-31557014167219200)
#define SECONDS_MAX    APR_INT64_C(31556889864403199)

/* What java.time.Ser has written: the octets of its block. `is_wrong` is set
 * when they end too early or are out of range. */
typedef struct block_t {
    const unsigned char *at;
    apr_size_t left;
    int is_wrong;
} block_t;

/* ---- java.time.Ser */

/* A big-endian signed number between two bounds. */
static apr_int64_t take(block_t *block, apr_size_t len, apr_int64_t least,
                        apr_int64_t most)
{
    apr_uint64_t bits = 0;
    apr_int64_t number;

    if (len > block->left) {
        block->is_wrong = 1;
        return 0;
    }
    bits = shs_java_input_number(block->at, len);
    block->at += len;
    block->left -= len;
    number = (apr_int64_t)(bits << (64 - 8 * len)) >> (64 - 8 * len);
    if (number < least || number > most) {
        block->is_wrong = 1;
        return 0;
    }
    return number;
}

static int take_nanos(block_t *block)
{
    return (int)take(block, 4, 0, NANOS - 1);
}

static void move_date(shs_java_iso_t *iso, block_t *block)
{
    apr_int64_t year = take(block, 4, -YEAR_MAX, YEAR_MAX);
    int month = (int)take(block, 1, 1, 12);
    int day = (int)take(block, 1, 1, 31);

    shs_java_iso_date(iso, year, month, day);
}

/* The last number that is not 0 is written as its complement, if it is not the
 * nanoseconds. */
static void move_time(shs_java_iso_t *iso, block_t *block)
{
    int hour = (int)take(block, 1, -24, 23);
    int minute = 0, second = 0, nanos = 0;

    if (hour < 0) {
        hour = ~hour;
    }
    else {
        minute = (int)take(block, 1, -60, 59);
        if (minute < 0) {
            minute = ~minute;
        }
        else {
            second = (int)take(block, 1, -60, 59);
            if (second < 0) {
                second = ~second;
            }
            else {
                nanos = take_nanos(block);
            }
        }
    }
    shs_java_iso_digits(iso, hour, 2);
    shs_java_iso_pair(iso, ':', minute);
    if (second > 0 || nanos > 0) {
        shs_java_iso_pair(iso, ':', second);
        shs_java_iso_fraction(iso, nanos);
    }
}

static void move_date_time(shs_java_iso_t *iso, block_t *block)
{
    move_date(iso, block);
    shs_java_iso_put(iso, 'T');
    move_time(iso, block);
}

/* Quarters of an hour in one octet, or 127 and seconds. */
static void move_offset(shs_java_iso_t *iso, block_t *block)
{
    int quarters = (int)take(block, 1, -QUARTERS_MAX, 127);

    if (quarters == 127) {
        shs_java_iso_offset(iso, (int)take(block, 4, -OFFSET_MAX, OFFSET_MAX));
        return;
    }
    if (quarters > QUARTERS_MAX) {
        block->is_wrong = 1;
    }
    shs_java_iso_offset(iso, quarters * 900);
}

static void move_text(shs_java_iso_t *iso, block_t *block)
{
    apr_size_t len = (apr_size_t)take(block, 2, 0, SHS_JAVA_ISO_SIZE / 2);

    if (len > block->left) {
        block->is_wrong = 1;
        return;
    }
    for (; len > 0; --len, --block->left) {
        /* The name of a zone has letters, digits and a few other signs. */
        if (*block->at <= ' ' || *block->at > '~') {
            block->is_wrong = 1;
        }
        shs_java_iso_put(iso, (char)*block->at++);
    }
}

enum {
    SER_DURATION = 1,
    SER_INSTANT,
    SER_LOCAL_DATE,
    SER_LOCAL_TIME,
    SER_LOCAL_DATE_TIME,
    SER_ZONED_DATE_TIME,
    SER_ZONE_REGION,
    SER_ZONE_OFFSET,
    SER_OFFSET_TIME,
    SER_OFFSET_DATE_TIME,
    SER_YEAR,
    SER_YEAR_MONTH,
    SER_MONTH_DAY,
    SER_PERIOD
};

/* The zone is a region, or the offset once more. */
static void move_zoned(shs_java_iso_t *iso, block_t *block)
{
    move_date_time(iso, block);
    move_offset(iso, block);
    if (take(block, 1, SER_ZONE_REGION, SER_ZONE_OFFSET) == SER_ZONE_REGION) {
        shs_java_iso_put(iso, '[');
        move_text(iso, block);
        shs_java_iso_put(iso, ']');
    }
}

/* YearMonth.toString() has no plus before a long year. */
static void move_year_month(shs_java_iso_t *iso, block_t *block)
{
    shs_java_iso_digits(iso, take(block, 4, -YEAR_MAX, YEAR_MAX), 4);
    shs_java_iso_pair(iso, '-', (int)take(block, 1, 1, 12));
}

static void move_month_day(shs_java_iso_t *iso, block_t *block)
{
    shs_java_iso_put(iso, '-');
    shs_java_iso_pair(iso, '-', (int)take(block, 1, 1, 12));
    shs_java_iso_pair(iso, '-', (int)take(block, 1, 1, 31));
}

static void move_period(shs_java_iso_t *iso, block_t *block)
{
    static const char units[] = "YMD";
    int i;

    shs_java_iso_put(iso, 'P');
    for (i = 0; i < 3; ++i) {
        apr_int64_t number = take(block, 4, APR_INT32_MIN, APR_INT32_MAX);

        if (number != 0) {
            shs_java_iso_digits(iso, number, 1);
            shs_java_iso_put(iso, units[i]);
        }
    }
    if (iso->len == 1) {
        shs_java_iso_put(iso, '0');
        shs_java_iso_put(iso, 'D');
    }
}

static void move_seconds(shs_java_iso_t *iso, block_t *block, int type)
{
    apr_int64_t seconds;

    if (type == SER_INSTANT) {
        seconds = take(block, 8, SECONDS_MIN, SECONDS_MAX);
        shs_java_iso_instant(iso, seconds, take_nanos(block));
    }
    else {
        seconds = take(block, 8, APR_INT64_MIN, APR_INT64_MAX);
        shs_java_iso_duration(iso, seconds, take_nanos(block));
    }
}

static void move_all(shs_java_iso_t *iso, block_t *block)
{
    int type = (int)take(block, 1, SER_DURATION, SER_PERIOD);

    switch (type) {
    case SER_DURATION:
    case SER_INSTANT:
        move_seconds(iso, block, type);
        return;
    case SER_LOCAL_DATE:
        move_date(iso, block);
        return;
    case SER_LOCAL_DATE_TIME:
        move_date_time(iso, block);
        return;
    case SER_ZONED_DATE_TIME:
        move_zoned(iso, block);
        return;
    case SER_ZONE_REGION:
        move_text(iso, block);
        return;
    case SER_YEAR:
        shs_java_iso_digits(iso, take(block, 4, -YEAR_MAX, YEAR_MAX), 1);
        return;
    case SER_YEAR_MONTH:
        move_year_month(iso, block);
        return;
    case SER_MONTH_DAY:
        move_month_day(iso, block);
        return;
    case SER_PERIOD:
        move_period(iso, block);
        return;
    case SER_OFFSET_DATE_TIME:
        move_date_time(iso, block);
        move_offset(iso, block);
        return;
    case SER_LOCAL_TIME:
    case SER_OFFSET_TIME:
        move_time(iso, block);
        break;
    default:
        break;
    }
    if (type == SER_OFFSET_TIME || type == SER_ZONE_OFFSET) {
        move_offset(iso, block);
    }
}

static int set_text(shs_java_view_t *view, const shs_java_iso_t *iso,
                    apr_pool_t *p)
{
    shs_octets_t text;

    text.data = apr_pmemdup(p, iso->text, iso->len);
    text.len = iso->len;
    return shs_java_view_set_text(view, SHS_KIND_STRING, text);
}

static int set_millis(shs_java_view_t *view, apr_int64_t millis, int nanos,
                      apr_pool_t *p)
{
    apr_int64_t seconds = shs_java_iso_floor(millis, 1000);
    shs_java_iso_t iso;

    iso.len = 0;
    if (nanos < 0) {
        nanos = (int)(millis - seconds * 1000) * NANOS_OF_MILLI;
    }
    shs_java_iso_instant(&iso, seconds, nanos);
    return set_text(view, &iso, p);
}

/* ---- public */

int shs_java_time_of_ser(shs_java_view_t *view, const shs_java_item_t *object,
                         const shs_java_level_t *level, const char *field,
                         unsigned form, apr_pool_t *p)
{
    const shs_java_items_t *notes = &level->notes;
    shs_java_iso_t iso;
    block_t block = { NULL, 0, 0 };

    (void)object;
    (void)field;
    (void)form;
    if (notes->count != 1 || !notes->at[0]
        || notes->at[0]->kind != SHS_JAVA_BLOCK) {
        return 0;
    }
    block.at = (const unsigned char *)notes->at[0]->u.text.data;
    block.left = notes->at[0]->u.text.len;
    iso.len = 0;
    move_all(&iso, &block);
    return !block.is_wrong && set_text(view, &iso, p);
}

/* The milliseconds of a java.util.Date. */
static int read_millis(apr_int64_t *millis, const shs_java_level_t *level)
{
    const shs_java_items_t *notes = &level->notes;

    if (notes->count != 1 || !notes->at[0]
        || notes->at[0]->kind != SHS_JAVA_BLOCK
        || notes->at[0]->u.text.len != 8) {
        return 0;
    }
    *millis = (apr_int64_t)shs_java_input_number(
        (const unsigned char *)notes->at[0]->u.text.data, 8);
    return 1;
}

int shs_java_time_of_date(shs_java_view_t *view, const shs_java_item_t *object,
                          const shs_java_level_t *level, const char *field,
                          unsigned form, apr_pool_t *p)
{
    apr_int64_t millis;

    (void)object;
    (void)field;
    (void)form;
    return read_millis(&millis, level) && set_millis(view, millis, -1, p);
}

int shs_java_time_of_timestamp(shs_java_view_t *view,
                               const shs_java_item_t *object,
                               const shs_java_level_t *level, const char *field,
                               unsigned form, apr_pool_t *p)
{
    apr_int64_t millis;
    apr_int32_t nanos;

    (void)form;
    (void)field;
    return level > object->u.levels && read_millis(&millis, level - 1)
           && shs_java_field_int(&nanos, level, "nanos") && nanos >= 0
           && nanos < NANOS && set_millis(view, millis, nanos, p);
}

int shs_java_time_of_calendar(shs_java_view_t *view,
                              const shs_java_item_t *object,
                              const shs_java_level_t *level, const char *field,
                              unsigned form, apr_pool_t *p)
{
    apr_int64_t millis;

    (void)object;
    (void)form;
    return shs_java_field_long(&millis, level, field)
           && set_millis(view, millis, -1, p);
}
