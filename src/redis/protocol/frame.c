/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/protocol/frame.h"

#include <string.h>

/* The longest line: an error or status of 1024 octets, its type and the "\r".
 * The most digits of a length: no limit needs more. */
#define LINE_SIZE  (1024 + 2)
#define MAX_DIGITS 10

void shs_frame_begin(shs_frame_t *frame, apr_size_t begin)
{
    memset(frame, 0, sizeof(*frame));
    frame->begin = begin;
    frame->at = begin;
    frame->has_texts_only = 1;
    frame->has_values_only = 1;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether it is a number in decimal as Redis writes it: no sign, no zero before
 * it. */
static int is_number(const char *text, apr_size_t len)
{
    apr_size_t i;

    if (len == 0 || (len > 1 && text[0] == '0')) {
        return 0;
    }
    for (i = 0; i < len; ++i) {
        if (!is_digit(text[i])) {
            return 0;
        }
    }
    return 1;
}

/* Whether it is an integer of 64 bits: "-1", "0", "12". */
static int is_integer(const char *text, apr_size_t len)
{
    static const char most[] = "9223372036854775807";
    static const char least[] = "9223372036854775808"; /* with "-" */
    const apr_size_t digits = sizeof(most) - 1;
    int is_negative = len > 0 && text[0] == '-';

    text += is_negative;
    len -= (apr_size_t)is_negative;
    if (!is_number(text, len) || len > digits
        || (is_negative && text[0] == '0')) {
        return 0;
    }
    return len < digits
           || memcmp(text, is_negative ? least : most, digits) <= 0;
}

/* Reads a length. Returns 0 if it is none. "-1" is nil. */
static int read_length(apr_int64_t *length, const char *text, apr_size_t len)
{
    apr_size_t i;

    *length = 0;
    if (len == 2 && text[0] == '-' && text[1] == '1') {
        *length = -1;
        return 1;
    }
    if (len > MAX_DIGITS || !is_number(text, len)) {
        return 0;
    }
    for (i = 0; i < len; ++i) {
        *length = 10 * *length + (text[i] - '0');
    }
    return 1;
}

/* Finds the end of the line that begins at `at`. REPLY: *end is the position of
 * its "\r\n". */
static shs_resp_status_t find_line(apr_size_t *end, const char *data,
                                   apr_size_t at, apr_size_t len)
{
    apr_size_t room = len - at > LINE_SIZE ? LINE_SIZE + 1 : len - at;
    const char *found = memchr(data + at, '\n', room);
    apr_size_t size = found ? (apr_size_t)(found - (data + at)) : room;

    if (size > LINE_SIZE) {
        return SHS_RESP_TOO_LARGE;
    }
    if (!found) {
        return SHS_RESP_MORE;
    }
    if (size == 0 || found[-1] != '\r') {
        return SHS_RESP_GARBAGE;
    }
    *end = at + size - 1;
    return SHS_RESP_REPLY;
}

/* An element that is neither a text nor nil. */
static void note_other(shs_frame_t *frame)
{
    frame->has_texts_only &= frame->depth == 0;
    frame->has_values_only &= frame->depth == 0;
}

/* A bulk string whose first line ends at `end`. */
static shs_resp_status_t scan_bulk(shs_frame_t *frame, const char *data,
                                   apr_size_t len, apr_size_t end,
                                   shs_resp_limits_t limits)
{
    apr_size_t first = end + 2;
    apr_size_t last;
    apr_int64_t length;

    if (!read_length(&length, data + frame->at + 1, end - frame->at - 1)) {
        return SHS_RESP_GARBAGE;
    }
    if (length < 0) {
        frame->is_nil = frame->depth == 0;
        frame->has_texts_only &= frame->depth == 0;
        frame->at = first;
        return SHS_RESP_REPLY;
    }
    if ((apr_size_t)length > limits.octets - frame->octets) {
        return SHS_RESP_TOO_LARGE;
    }
    last = first + (apr_size_t)length;
    if (len < last + 2) {
        return SHS_RESP_MORE;
    }
    if (memcmp(data + last, "\r\n", 2)) {
        return SHS_RESP_GARBAGE;
    }
    frame->octets += (apr_size_t)length;
    frame->at = last + 2;
    return SHS_RESP_REPLY;
}

/* The head of an array; its elements follow. */
static shs_resp_status_t scan_array(shs_frame_t *frame, const char *data,
                                    apr_size_t end, shs_resp_limits_t limits)
{
    apr_int64_t length;

    if (!read_length(&length, data + frame->at + 1, end - frame->at - 1)
        || frame->depth == SHS_FRAME_DEPTH) {
        return SHS_RESP_GARBAGE;
    }
    if (length > 0 && (apr_size_t)length > limits.elements) {
        return SHS_RESP_TOO_LARGE;
    }
    note_other(frame);
    if (frame->depth == 0) {
        frame->elements = length > 0 ? (apr_size_t)length : 0;
        frame->is_nil = length < 0;
    }
    frame->at = end + 2;
    if (length > 0) {
        /* One more, because the head itself is counted as an element below. */
        frame->missing[frame->depth++] = (apr_size_t)length + 1;
    }
    return SHS_RESP_REPLY;
}

static shs_resp_status_t scan_element(shs_frame_t *frame, const char *data,
                                      apr_size_t len, shs_resp_limits_t limits)
{
    apr_size_t end = 0;
    shs_resp_status_t status = find_line(&end, data, frame->at, len);
    char type;

    if (status != SHS_RESP_REPLY) {
        return status;
    }
    type = data[frame->at];
    if (frame->type == 0) {
        frame->type = type;
    }
    switch (type) {
    case '$':
        return scan_bulk(frame, data, len, end, limits);
    case '*':
        return scan_array(frame, data, end, limits);
    case ':':
        if (!is_integer(data + frame->at + 1, end - frame->at - 1)) {
            return SHS_RESP_GARBAGE;
        }
        break;
    case '+':
    case '-':
        break;
    default:
        return SHS_RESP_GARBAGE;
    }
    note_other(frame);
    frame->at = end + 2;
    return SHS_RESP_REPLY;
}

shs_resp_status_t shs_frame_next(shs_frame_t *frame, const char *data,
                                 apr_size_t len, shs_resp_limits_t limits)
{
    do {
        shs_resp_status_t status = frame->at == len
                                       ? SHS_RESP_MORE
                                       : scan_element(frame, data, len, limits);

        if (status != SHS_RESP_REPLY) {
            return status;
        }
        while (frame->depth > 0 && --frame->missing[frame->depth - 1] == 0) {
            --frame->depth;
        }
    } while (frame->depth > 0);
    return SHS_RESP_REPLY;
}
