/* SPDX-License-Identifier: Apache-2.0
 *
 * master_lease: which replies of a Sentinel's master count. With real waiting:
 * test_store_redis_sentinel.
 */
#include "redis/topology/master_lease.h"

#include "unit.h"

#define NOW   ((apr_time_t)1000 * APR_USEC_PER_SEC)
#define LEASE SHS_MASTER_LEASE_FOR

enum { X = 10, Y = 20 };

static shs_host_state_master_t host;

/* A child of the host, to which a Sentinel named that master at NOW. */
static shs_master_lease_t child_of(apr_uint32_t subject, apr_int64_t epoch)
{
    shs_master_lease_t lease;

    memset(&lease, 0, sizeof(lease));
    lease.host_state = &host;
    shs_master_lease_learn(&lease, subject, epoch, NOW);
    atomic_store(&host.epoch.known, epoch);
    return lease;
}

static void open_host(void)
{
    memset(&host, 0, sizeof(host));
}

START_TEST(master_lease_confirmed_at__is_what_any_child_was_told)
{
    shs_master_lease_t a = child_of(X, 1);
    shs_master_lease_t b = child_of(X, 1);

    shs_master_lease_learn(&b, X, 1, NOW + 5);
    ck_assert_int_eq(shs_master_lease_confirmed_at(&a), NOW + 5);
    ck_assert_int_eq(shs_master_lease_known_at(&a), NOW + 5);
}
END_TEST

START_TEST(master_lease_confirmed_at__does_not_confirm_another_master)
{
    shs_master_lease_t a = child_of(X, 1);
    shs_master_lease_t b = child_of(Y, 1);

    shs_master_lease_learn(&b, Y, 1, NOW + 5);
    ck_assert_int_eq(shs_master_lease_confirmed_at(&a), NOW);
}
END_TEST

START_TEST(master_lease_learn__of_a_lower_epoch_confirms_to_no_other_child)
{
    shs_master_lease_t a = child_of(X, 2);
    shs_master_lease_t b = { .host_state = &host };

    shs_master_lease_learn(&b, X, 1, NOW + 5);
    ck_assert_int_eq(shs_master_lease_confirmed_at(&a), NOW);
    ck_assert_int_eq(shs_master_lease_is_behind(&a), 0);
    ck_assert_int_eq(shs_master_lease_is_behind(&b), 1);
    ck_assert_int_eq(shs_master_lease_known_at(&b), 0);
}
END_TEST

static const struct {
    int is_new_connection;
    int has_later_failover;
    apr_interval_time_t failed_for; /* before now; 0: no failure */
    int has_trusted;                /* a reply was confirmed after that */
    apr_interval_time_t age;        /* of the confirmation that is required */
    const char *why;
} required[] = {
    { 0, 0, 0, 1, LEASE, "the usual: one inside the lease" },
    { 1, 0, 0, 1, 0, "a new connection may lead to a demoted master" },
    { 0, 1, 0, 1, 0, "another child knows of a failover" },
    { 0, 0, 10, 0, 0, "a master failed a command" },
    { 0, 0, 10, 1, LEASE, "a reply was confirmed since" },
    { 0, 0, 0, 0, 0, "no reply was confirmed yet" },
};

START_TEST(master_lease_required__is_the_lease_unless_there_is_a_doubt)
{
    shs_master_lease_t lease = child_of(X, 1);

    if (required[_i].failed_for) {
        shs_master_lease_note_failure(&lease, NOW - required[_i].failed_for);
    }
    if (required[_i].has_trusted) {
        ck_assert_int_eq(shs_master_lease_accept(&lease, X, NOW), 1);
    }
    if (required[_i].has_later_failover) {
        atomic_store(&host.epoch.known, 2);
    }
    ck_assert_msg(
        shs_master_lease_required(&lease, required[_i].is_new_connection, NOW)
            == NOW - required[_i].age,
        "%s", required[_i].why);
}
END_TEST

START_TEST(master_lease_accept__refuses_another_server)
{
    shs_master_lease_t lease = child_of(X, 1);

    ck_assert_int_eq(shs_master_lease_accept(&lease, Y, NOW), 0);
    ck_assert_int_eq(shs_master_lease_accept(&lease, X, NOW), 1);
}
END_TEST

/* It counts, for want of a better one, and proves nothing for the next. */
START_TEST(master_lease_accept__does_not_trust_an_unconfirmed_reply)
{
    shs_master_lease_t lease = child_of(X, 1);

    ck_assert_int_eq(shs_master_lease_accept(&lease, X, NOW + 1), 1);
    ck_assert_int_eq(shs_master_lease_required(&lease, 0, NOW + 2), NOW + 2);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, open_host, NULL);
    tcase_add_test(tc, master_lease_confirmed_at__is_what_any_child_was_told);
    tcase_add_test(tc,
                   master_lease_confirmed_at__does_not_confirm_another_master);
    tcase_add_test(
        tc, master_lease_learn__of_a_lower_epoch_confirms_to_no_other_child);
    tcase_add_loop_test(
        tc, master_lease_required__is_the_lease_unless_there_is_a_doubt, 0,
        ROWS(required));
    tcase_add_test(tc, master_lease_accept__refuses_another_server);
    tcase_add_test(tc,
                   master_lease_accept__does_not_trust_an_unconfirmed_reply);
}

int main(void)
{
    return unit_main("master_lease", add);
}
