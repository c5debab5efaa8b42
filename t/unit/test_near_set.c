/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/memory/near_set.h"

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define LARGEST 256
#define OURS    ((apr_uint32_t)getpid())
#define SLOTS   SHS_NEAR_GROUP

static shs_near_keys_t keys = { "0123456789abcde", "fedcba987654321" };
static shs_near_shape_t shape; /* room for four of the largest */
static shs_near_set_t *set;
static shs_near_view_t v; /* of the set */

static void make_set_of(shs_near_shape_t wanted)
{
    shape = wanted;
    set = calloc(1, shs_near_set_size(&shape));
    v = shs_near_slot_view(set, &shape);
}

static void make_set(void)
{
    make_set_of(shs_near_set_shape(4, LARGEST, 208));
    ck_assert_uint_eq(shape.groups, 1);
}

static void free_set(void)
{
    free(set);
}

static int evicted;

static int write_value(apr_uint64_t name, const char *value)
{
    shs_near_entry_t entry = { name, 12, 13, 14, 15, 16, unit_text(value) };

    return shs_near_set_write(&evicted, set, &shape, &entry, OURS, keys);
}

static const char *read_value(apr_uint64_t name)
{
    shs_near_entry_t entry = { name, 12, 13, 0, 0, 0, OCTETS("") };

    return shs_near_set_read(&entry, set, &shape, keys, p)
               ? apr_pstrmemdup(p, entry.octets.data, entry.octets.len)
               : NULL;
}

static const char *a_value(int len)
{
    char *value = apr_palloc(p, (apr_size_t)len + 1);

    memset(value, 'a' + len % 26, (apr_size_t)len);
    value[len] = '\0';
    return value;
}

/* The pid of a process that has ended. */
static apr_uint32_t late_pid(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return (apr_uint32_t)pid;
}

/* -------------------------------------------------------------------- read */

START_TEST(near_set_read__returns_what_was_written)
{
    shs_near_entry_t got = { 11, 12, 13, 0, 0, 0, OCTETS("") };
    int len;

    for (len = 0; len <= LARGEST; len++) {
        ck_assert(write_value(11, a_value(len)));
        ck_assert_str_eq(read_value(11), a_value(len));
    }
    ck_assert(write_value(11, "x"));
    ck_assert(shs_near_set_read(&got, set, &shape, keys, p));
    ck_assert_int_eq(got.read_at, 14);
    ck_assert_int_eq(got.valid_until, 15);
    ck_assert_int_eq(got.expires_at, 16);
    ck_assert_uint_eq((apr_uintptr_t)got.octets.data % 8, 0);
}
END_TEST

START_TEST(near_set_read__misses_another_name_or_epoch)
{
    const shs_near_entry_t others[] = {
        { 0, 0, 0, 0, 0, 0, OCTETS("") },
        { 10, 12, 13, 0, 0, 0, OCTETS("") },
        { 11, 13, 13, 0, 0, 0, OCTETS("") },
        { 11, 12, 14, 0, 0, 0, OCTETS("") },
        /* One with the same tag. */
        { 11 | APR_UINT64_C(1) << 32, 12, 13, 0, 0, 0, OCTETS("") },
    };
    int i;

    ck_assert_ptr_null(read_value(11));
    write_value(11, "x");
    for (i = 0; i < ROWS(others); i++) {
        shs_near_entry_t got = others[i];

        ck_assert(!shs_near_set_read(&got, set, &shape, keys, p));
    }
    ck_assert_str_eq(read_value(11), "x");
}
END_TEST

START_TEST(near_set_read__tells_names_with_one_tag_apart)
{
    apr_uint64_t other = 11 | APR_UINT64_C(1) << 32;

    write_value(11, "one");
    write_value(other, "other");
    ck_assert_str_eq(read_value(11), "one");
    ck_assert_str_eq(read_value(other), "other");
    write_value(other, "again");
    ck_assert_str_eq(read_value(11), "one");
    ck_assert_str_eq(read_value(other), "again");
}
END_TEST

/* The words of the only entry, at the start of the room. */
START_TEST(near_set_read__refuses_every_changed_word)
{
    int count = (int)shs_near_entry_words(10);
    int i, bit;

    write_value(11, "0123456789");
    for (i = 0; i < count; i++) {
        for (bit = 0; bit < 64; bit += 7) {
            apr_uint64_t was = v.room[i];

            v.room[i] ^= (apr_uint64_t)1 << bit;
            if (i < count - 1 || bit < 16) { /* the rest is padding */
                ck_assert_msg(!read_value(11), "word %d, bit %d", i, bit);
            }
            v.room[i] = was;
        }
    }
    ck_assert_str_eq(read_value(11), "0123456789");
}
END_TEST

START_TEST(near_set_read__refuses_the_checksum_of_another_key)
{
    shs_near_keys_t others = { "another", "key" };
    shs_near_entry_t got = { 11, 12, 13, 0, 0, 0, OCTETS("") };

    write_value(11, "x");
    ck_assert(!shs_near_set_read(&got, set, &shape, others, p));
}
END_TEST

/* Lengths and places that point outside the room. */
START_TEST(near_set_read__checks_every_number)
{
    static const apr_uint64_t lengths[] = { 9, LARGEST + 8, 1u << 31,
                                            APR_UINT64_MAX, APR_INT64_MAX };
    apr_uint64_t good;
    int i;

    write_value(11, "x");
    good = v.places[0];
    for (i = 0; i < ROWS(lengths); i++) {
        v.room[6] = lengths[i];
        ck_assert_ptr_null(read_value(11));
    }
    for (i = 0; i < 40; i++) {
        v.places[0] = good ^ APR_UINT64_C(1) << i;
        (void)read_value(11); /* for the sanitizers to see */
        v.places[0] = good ^ (APR_UINT64_C(0xffffffffff) >> i);
        ck_assert_ptr_null(read_value(11));
    }
}
END_TEST

/* ------------------------------------------------------------------- write */

START_TEST(near_set_write__overwrites_the_oldest)
{
    int i;

    for (i = 1; i <= 100; i++) {
        write_value((apr_uint64_t)i, a_value(LARGEST - i));
        ck_assert_str_eq(read_value((apr_uint64_t)i), a_value(LARGEST - i));
        if (i > 3) {
            ck_assert_ptr_nonnull(read_value((apr_uint64_t)i - 2));
            ck_assert_ptr_null(i > 12 ? read_value((apr_uint64_t)i - 12)
                                      : NULL);
        }
    }
}
END_TEST

/* As many small entries as there are places, then one more. */
START_TEST(near_set_write__replaces_the_oldest_when_all_places_are_used)
{
    int i;

    free(set);
    make_set_of(shs_near_set_shape(100, 0, 8 * 8 * 100));
    for (i = 1; i <= SLOTS; i++) {
        write_value((apr_uint64_t)i, "");
    }
    for (i = 1; i <= 300; i++) {
        apr_uint64_t name = (apr_uint64_t)i;

        ck_assert_str_eq(read_value(name), "");
        write_value(name + SLOTS, "");
        ck_assert_ptr_null(read_value(name));
        ck_assert_str_eq(read_value(name + 1), "");
    }
}
END_TEST

START_TEST(near_set_write__replaces_an_entry_of_the_same_name)
{
    apr_uint64_t next;
    int i;

    write_value(11, a_value(100));
    write_value(12, a_value(100));
    next = set->next;
    for (i = 0; i < 100; i++) {
        write_value(11, a_value(i));
        ck_assert_str_eq(read_value(11), a_value(i));
        ck_assert_uint_eq(set->next, next);
    }
    /* It has outgrown its place. */
    write_value(11, a_value(200));
    ck_assert_str_eq(read_value(11), a_value(200));
    ck_assert_str_eq(read_value(12), a_value(100));
    ck_assert_uint_gt(set->next, next);
}
END_TEST

/* No two places share room. */
static void check_places(void)
{
    int taken[2048] = { 0 };
    apr_size_t i, j;

    ck_assert_uint_le(shape.room, 2048);
    for (i = 0; i < shape.groups * SLOTS; i++) {
        apr_size_t at = v.places[i] & 0xfffff;
        apr_size_t words = v.places[i] >> 20 & 0xfffff;

        ck_assert_uint_le(at + words, shape.room);
        for (j = at; j < at + words; j++) {
            ck_assert_int_eq(taken[j]++, 0);
        }
    }
}

/* Compares with a plain list of what was written last. */
START_TEST(near_set_write__never_mixes_entries)
{
    const char *last[20] = { NULL };
    unsigned seed = 7;
    int found = 0;
    int i, j;

    for (i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        j = (int)(seed >> 16) % 20;
        last[j] = a_value((int)(seed >> 8) % (LARGEST + 1));
        write_value((apr_uint64_t)j + 1, last[j]);
        ck_assert_str_eq(read_value((apr_uint64_t)j + 1), last[j]);
        check_places();
        for (j = 0; j < 20; j++) {
            const char *got = read_value((apr_uint64_t)j + 1);

            ck_assert(!got || !strcmp(got, last[j]));
            found += got != NULL;
        }
    }
    ck_assert_int_gt(found, 5000 * 4);
}
END_TEST

/* With any words in the set, an entry is written where it belongs, and
 * found. */
START_TEST(near_set_write__checks_every_number)
{
    unsigned seed = 11;
    int i, j;

    for (i = 0; i < 3000; i++) {
        for (j = 0; j < SLOTS; j++) {
            apr_uint64_t word;

            seed = seed * 1103515245u + 12345u;
            word = (apr_uint64_t)(seed >> 8 & 0x3f) << 20 | (seed >> 16 & 0xff);
            v.places[j] = j % 2 ? word : word & ~APR_UINT64_C(0x700007);
            v.tags[j] = j % 3 ? 11 : 12;
        }
        set->next = i % 3 ? seed >> 7 & 0xff : APR_UINT64_MAX - seed;
        if (i % 2) {
            set->oldest = seed >> 9 & 0xff;
            set->end = i % 7 ? seed >> 11 & 0xff : seed;
        }
        ck_assert(write_value(11, a_value(i % LARGEST)));
        ck_assert_str_eq(read_value(11), a_value(i % LARGEST));
        ck_assert(write_value(12, "another"));
        ck_assert_str_eq(read_value(12), "another");
    }
}
END_TEST

/* Entries of two groups, in a room that both share. */
START_TEST(near_set_write__finds_the_group_of_each_entry_that_it_evicts)
{
    int i, found = 0;

    free(set);
    make_set_of(shs_near_set_shape(8, LARGEST, 80));
    ck_assert_uint_gt(shape.groups, 1);
    for (i = 1; i <= 2000; i++) {
        shs_near_entry_t entry = { (apr_uint64_t)i,
                                   (apr_uint64_t)i << 32,
                                   13,
                                   14,
                                   15,
                                   16,
                                   unit_text(a_value(i * 7 % LARGEST)) };

        ck_assert(
            shs_near_set_write(&evicted, set, &shape, &entry, OURS, keys));
        ck_assert(shs_near_set_read(&entry, set, &shape, keys, p));
        check_places();
    }
    for (; i > 0; i--) {
        shs_near_entry_t entry = {
            (apr_uint64_t)i, (apr_uint64_t)i << 32, 13, 0, 0, 0, OCTETS("")
        };

        if (shs_near_set_read(&entry, set, &shape, keys, p)) {
            ck_octets_eq(entry.octets, unit_text(a_value(i * 7 % LARGEST)),
                         "the value");
            found++;
        }
    }
    /* All of the last ones that fit, one behind the other. */
    ck_assert_int_ge(found, 8);
}
END_TEST

/* ------------------------------------------------------------------- claim */

/* Another thread of this process has the same pid: its claim is respected. */
START_TEST(near_set_write__respects_the_claim_of_a_running_process)
{
    apr_uint32_t owner = _i ? OURS : (apr_uint32_t)getppid();

    write_value(11, "x");
    set->claim |= owner;
    ck_assert(!write_value(11, "y"));
    ck_assert(!write_value(12, "y"));
    ck_assert_str_eq(read_value(11), "x");
    set->claim &= ~(apr_uint64_t)0xffffffff;
    ck_assert_str_eq(read_value(11), "x");
    ck_assert(write_value(11, "y"));
    ck_assert_str_eq(read_value(11), "y");
}
END_TEST

/* The entry it was writing may be damaged, so the whole set is emptied. */
START_TEST(near_set_write__takes_over_from_a_writer_that_was_killed)
{
    shs_atomic64_t *words = (shs_atomic64_t *)set;
    int count = (int)(shs_near_set_size(&shape) / 8);
    apr_uint32_t dead = late_pid();
    int i, j;

    for (i = 1; i <= count; i += i < 60 ? 1 : 7) {
        memset((void *)set, 0, shs_near_set_size(&shape));
        write_value(11, "before it all");
        write_value(12, "another");
        set->claim = (set->claim + (APR_UINT64_C(1) << 32)) | dead;
        for (j = 1; j < i; j++) {
            words[j] = 0x4141414141414141u;
        }
        ck_assert(write_value(11, "after"));
        ck_assert_str_eq(read_value(11), "after");
        ck_assert_ptr_null(read_value(12));
        ck_assert(write_value(12, "too"));
        ck_assert_str_eq(read_value(12), "too");
        ck_assert_str_eq(read_value(11), "after");
    }
}
END_TEST

START_TEST(near_set_write__counts_claims)
{
    int i;

    for (i = 1; i < 5; i++) {
        write_value(11, "x");
        ck_assert_uint_eq(set->claim, (apr_uint64_t)i << 32);
    }
}
END_TEST

/* A reader that copied meanwhile sees that the place has changed. */
START_TEST(near_set_write__changes_the_version_of_a_place)
{
    apr_uint64_t before;

    write_value(11, "x");
    before = v.places[0];
    write_value(11, "x");
    ck_assert_uint_ne(v.places[0], before);
    ck_assert_uint_eq(v.places[0] & 0xffffffffff, before & 0xffffffffff);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_set, free_set);
    tcase_add_test(tc, near_set_read__returns_what_was_written);
    tcase_add_test(tc, near_set_read__misses_another_name_or_epoch);
    tcase_add_test(tc, near_set_read__tells_names_with_one_tag_apart);
    tcase_add_test(tc, near_set_read__refuses_every_changed_word);
    tcase_add_test(tc, near_set_read__refuses_the_checksum_of_another_key);
    tcase_add_test(tc, near_set_read__checks_every_number);
    tcase_add_test(tc, near_set_write__overwrites_the_oldest);
    tcase_add_test(
        tc, near_set_write__replaces_the_oldest_when_all_places_are_used);
    tcase_add_test(tc, near_set_write__replaces_an_entry_of_the_same_name);
    tcase_add_test(tc, near_set_write__never_mixes_entries);
    tcase_add_test(tc, near_set_write__checks_every_number);
    tcase_add_test(
        tc, near_set_write__finds_the_group_of_each_entry_that_it_evicts);
    tcase_add_loop_test(
        tc, near_set_write__respects_the_claim_of_a_running_process, 0, 2);
    tcase_add_test(tc,
                   near_set_write__takes_over_from_a_writer_that_was_killed);
    tcase_add_test(tc, near_set_write__counts_claims);
    tcase_add_test(tc, near_set_write__changes_the_version_of_a_place);
}

int main(void)
{
    return unit_main("near_set", add);
}
