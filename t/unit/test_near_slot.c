/* SPDX-License-Identifier: Apache-2.0 */
#include "store/near_slot.h"

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define ROOM 256
#define OURS ((apr_uint32_t)getpid())

static shs_near_keys_t keys = { "0123456789abcde", "fedcba987654321" };
static shs_near_slot_t *slot;

static void make_slot(void)
{
    slot = calloc(1, shs_near_slot_size(ROOM));
}

static void free_slot(void)
{
    free(slot);
}

static shs_near_entry_t entry_of(const char *value)
{
    shs_near_entry_t entry = { 11, 12, 13, 14, 15, 16, OCTETS("") };

    entry.octets = unit_text(value);
    return entry;
}

static int write_value(const char *value)
{
    shs_near_entry_t entry = entry_of(value);

    return shs_near_slot_write(slot, &entry, OURS, keys);
}

static const char *read_value(void)
{
    shs_near_entry_t entry;

    return shs_near_slot_read(&entry, slot, 11, 12, ROOM, keys, p)
               ? apr_pstrmemdup(p, entry.octets.data, entry.octets.len)
               : NULL;
}

/* A process that has been and is no more. */
static apr_uint32_t late_pid(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return (apr_uint32_t)pid;
}

START_TEST(slot_read__gives_what_was_written)
{
    shs_near_entry_t got;
    int len;

    for (len = 0; len <= ROOM; len++) {
        char *value = apr_palloc(p, ROOM + 1);

        memset(value, 'a' + len % 26, ROOM);
        value[len] = '\0';
        ck_assert(write_value(value));
        ck_assert_str_eq(read_value(), value);
    }
    ck_assert(write_value("x"));
    ck_assert(shs_near_slot_read(&got, slot, 11, 12, ROOM, keys, p));
    ck_assert_uint_eq(got.epochs, 13);
    ck_assert_int_eq(got.put_at, 14);
    ck_assert_int_eq(got.believed_until, 15);
    ck_assert_int_eq(got.dies_at, 16);
    ck_assert_uint_eq((apr_uintptr_t)got.octets.data % 8, 0);
}
END_TEST

START_TEST(slot_read__gives_nothing_of_another_name_or_of_none)
{
    shs_near_entry_t got;

    ck_assert(!shs_near_slot_read(&got, slot, 11, 12, ROOM, keys, p));
    write_value("x");
    ck_assert(!shs_near_slot_read(&got, slot, 10, 12, ROOM, keys, p));
    ck_assert(!shs_near_slot_read(&got, slot, 11, 13, ROOM, keys, p));
    ck_assert(shs_near_slot_read(&got, slot, 11, 12, ROOM, keys, p));
}
END_TEST

START_TEST(slot_read__refuses_what_is_being_written)
{
    write_value("x");
    slot->claim |= (apr_uint64_t)getppid();
    ck_assert_ptr_null(read_value());
}
END_TEST

/* The claim is as it was, which a reader cannot see through. */
START_TEST(slot_read__refuses_every_changed_word)
{
    shs_near_word_t *words = (shs_near_word_t *)slot;
    int count = (int)(&slot->data[2] - words);
    int i, bit;

    write_value("0123456789");
    for (i = 1; i < count; i++) {
        for (bit = 0; bit < 64; bit += 7) {
            apr_uint64_t was = words[i];

            words[i] ^= (apr_uint64_t)1 << bit;
            if (&words[i] != &slot->put_at
                && (i < count - 1 || bit < 16)) { /* the rest is padding */
                ck_assert_msg(!read_value(), "word %d, bit %d", i, bit);
            }
            words[i] = was;
        }
    }
    ck_assert_str_eq(read_value(), "0123456789");
}
END_TEST

START_TEST(slot_read__refuses_what_another_key_has_signed)
{
    shs_near_keys_t others = { "another", "key" };
    shs_near_entry_t got;

    write_value("x");
    ck_assert(!shs_near_slot_read(&got, slot, 11, 12, ROOM, others, p));
}
END_TEST

START_TEST(slot_read__takes_no_length_for_granted)
{
    static const apr_uint64_t lengths[] = { ROOM + 1, ROOM + 8, 1u << 31,
                                            APR_UINT64_MAX, APR_INT64_MAX };
    int i;

    write_value("x");
    for (i = 0; i < ROWS(lengths); i++) {
        slot->len = lengths[i];
        ck_assert_ptr_null(read_value());
    }
}
END_TEST

/* A thread of ours has our pid: it is a claim like another. */
START_TEST(slot_write__respects_a_claim_of_one_that_lives)
{
    apr_uint32_t owner = _i ? OURS : (apr_uint32_t)getppid();

    write_value("x");
    slot->claim |= owner;
    ck_assert(!shs_near_slot_is_free(slot));
    ck_assert(!write_value("y"));
    slot->claim &= ~(apr_uint64_t)0xffffffff;
    ck_assert(shs_near_slot_is_free(slot));
    ck_assert_str_eq(read_value(), "x");
}
END_TEST

/* Killed at any instruction: after any number of words. */
START_TEST(slot_write__takes_over_from_a_writer_that_was_killed)
{
    shs_near_word_t *words = (shs_near_word_t *)slot;
    int count = (int)(&slot->data[2] - words);
    apr_uint32_t dead = late_pid();
    int i, j;

    for (i = 1; i <= count; i++) {
        write_value("before it all");
        slot->claim = (slot->claim + (APR_UINT64_C(1) << 32)) | dead;
        for (j = 1; j < i; j++) {
            words[j] = 0x4141414141414141u;
        }
        ck_assert_ptr_null(read_value());
        ck_assert(shs_near_slot_is_free(slot));
        ck_assert(write_value("after"));
        ck_assert_str_eq(read_value(), "after");
    }
}
END_TEST

START_TEST(slot_write__counts_claims)
{
    int i;

    for (i = 1; i < 5; i++) {
        write_value("x");
        ck_assert_uint_eq(slot->claim, (apr_uint64_t)i << 32);
    }
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, make_slot, free_slot);
    tcase_add_test(tc, slot_read__gives_what_was_written);
    tcase_add_test(tc, slot_read__gives_nothing_of_another_name_or_of_none);
    tcase_add_test(tc, slot_read__refuses_what_is_being_written);
    tcase_add_test(tc, slot_read__refuses_every_changed_word);
    tcase_add_test(tc, slot_read__refuses_what_another_key_has_signed);
    tcase_add_test(tc, slot_read__takes_no_length_for_granted);
    tcase_add_loop_test(tc, slot_write__respects_a_claim_of_one_that_lives, 0,
                        2);
    tcase_add_test(tc, slot_write__takes_over_from_a_writer_that_was_killed);
    tcase_add_test(tc, slot_write__counts_claims);
}

int main(void)
{
    return unit_main("near_slot", add);
}
