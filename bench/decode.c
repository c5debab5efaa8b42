/* SPDX-License-Identifier: Apache-2.0
 *
 * decode: how long the decoding of one stored session takes.
 *
 *   decode FORMAT ROUNDS < FILE
 *
 * Each line of FILE is one field, a name and a value in hexadecimal; a string
 * has one line with an empty name. Prints the nanoseconds of each round by the
 * clock of the thread, one a line: those of ONE decoding, the mean of 200.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>

#include "codec/codec.h"

#define MOST_FIELDS 64
#define EACH        200

static char *from_hex(const char *text, apr_size_t *len)
{
    char *octets;
    apr_size_t i;

    *len = strlen(text) / 2;
    octets = malloc(*len + 1);
    for (i = 0; i < *len; ++i) {
        unsigned octet;

        sscanf(text + 2 * i, "%2x", &octet);
        octets[i] = (char)octet;
    }
    return octets;
}

static void read_record(shs_record_t *record, shs_record_field_t *fields)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0 && record->count < MOST_FIELDS) {
        shs_record_field_t *field = &fields[record->count++];
        char *blank = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        *blank = '\0';
        field->name.data = from_hex(line, &field->name.len);
        field->value.data = from_hex(blank + 1, &field->value.len);
    }
    free(line);
    record->fields = fields;
    record->string = fields[0].value;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char *argv[])
{
    static shs_record_field_t fields[MOST_FIELDS];
    const shs_codec_t *codec;
    shs_record_t record;
    apr_pool_t *root, *p;
    int rounds, i;

    if (argc != 3 || apr_initialize() != APR_SUCCESS) {
        return 2;
    }
    codec = shs_codec_find(argv[1]);
    rounds = atoi(argv[2]);
    memset(&record, 0, sizeof(record));
    read_record(&record, fields);
    record.shape = shs_codec_shape(codec);
    apr_pool_create(&root, NULL);
    apr_pool_create(&p, root);
    while (rounds-- > 0) {
        double began = now_ns();

        for (i = 0; i < EACH; ++i) {
            shs_session_t *session;
            const char *error = shs_codec_decode(&session, codec, &record,
                                                 &shs_wanted_everything, p);

            if (error || shs_session_opaque(session)) {
                fprintf(stderr, "decode: %s\n",
                        error ? error : shs_session_opaque(session));
                return 1;
            }
            apr_pool_clear(p);
        }
        printf("%.0f\n", (now_ns() - began) / EACH);
    }
    apr_terminate();
    return 0;
}
