/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include "unit.h"

/* Of the reference implementation (vectors_sip128): the key is 00 01 ... 0f,
 * the input 00 01 02 ...; `openssl mac -macopt size:16 SipHash` says the
 * same. */
static const struct {
    int len;
    const char *hash;
} rows[] = {
    { 0, "a3817f04ba25a8e66df67214c7550293" },
    { 1, "da87c1d86b99af44347659119b22fc45" },
    { 7, "a1f1ebbed8dbc153c0b84aa61ff08239" },
    { 8, "3b62a9ba6258f5610f83e264f31497b4" },
    { 9, "264499060ad9baabc47f8b02bb6d71ed" },
    { 15, "5493e99933b0a8117e08ec0f97cfc3d9" },
    { 16, "6ee2a4ca67b054bbfd3315bf85230577" },
    { 33, "77c6077146f01c32b6b69d5f4ea9ffcf" },
    { 34, "37a6986cb8847edf0925f0f1309b54de" },
    { 63, "5150d1772f50834a503e069a973fbd7c" },
};

START_TEST(siphash__is_that_of_the_reference)
{
    unsigned char key[SHS_SIPHASH_KEY];
    char data[64];
    unsigned char octets[16];
    shs_siphash_t hash;
    char *text = apr_palloc(p, 33);
    int i;

    for (i = 0; i < 64; i++) {
        data[i] = (char)i;
        key[i % SHS_SIPHASH_KEY] = (unsigned char)(i % SHS_SIPHASH_KEY);
    }
    hash = shs_siphash_hash(unit_exact(data, (apr_size_t)rows[_i].len).data,
                            (apr_size_t)rows[_i].len, key);
    for (i = 0; i < 8; i++) {
        octets[i] = (unsigned char)(hash.low >> 8 * i);
        octets[8 + i] = (unsigned char)(hash.high >> 8 * i);
    }
    for (i = 0; i < 16; i++) {
        apr_snprintf(text + 2 * i, 3, "%02x", octets[i]);
    }
    ck_assert_str_eq(text, rows[_i].hash);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, siphash__is_that_of_the_reference, 0, ROWS(rows));
}

int main(void)
{
    return unit_main("siphash", add);
}
