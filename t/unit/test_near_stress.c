/* SPDX-License-Identifier: Apache-2.0
 *
 * One near-cache that many threads and processes read and write, with writers
 * that are killed at any instruction. A value that is found belongs to its key
 * and is no older than the last invalidation before the lookup.
 * SHS_STRESS_SECONDS: how long it runs (default 2). SHS_STRESS_SEED: repeats a
 * run.
 */
#include "store/cache/near_cache.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "near.h"
#include "base/clock.h"

#define KEYS    400
#define WRITERS 4
#define READERS 4
#define MOST    4000

/* Shared by all; `versions` is what the store holds. */
typedef struct board_t {
    _Atomic unsigned long written[KEYS];     /* the store's version */
    _Atomic unsigned long invalidated[KEYS]; /* the last version invalidated */
    _Atomic unsigned long hits;
    _Atomic unsigned long puts;
    _Atomic unsigned long wrong;
    _Atomic int is_over;
    char words[256];
} board_t;

static board_t *board;
static shs_near_policy_t policy;
static void *memory;

static int seconds(void)
{
    const char *said = getenv("SHS_STRESS_SECONDS");

    return said ? atoi(said) : 2;
}

static unsigned long next(apr_uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned long)(*seed >> 11);
}

/* A value that names its key and version in every octet. */
static apr_size_t fill(char *value, unsigned key, unsigned long version)
{
    apr_uint64_t seed = (key + 1) * 2654435761u + version * 40503u + 1;
    apr_size_t len = 16 + next(&seed) % (MOST - 16);
    apr_size_t i;

    memcpy(value, &key, sizeof(key));
    memset(value + 4, 0, 4);
    memcpy(value + 8, &version, sizeof(version));
    for (i = 16; i < len; i++) {
        value[i] = (char)(version * 31 + key * 7 + i);
    }
    return len;
}

static shs_near_name_t name_of(const shs_near_cache_t *cache, unsigned key)
{
    static const shs_near_kind_t kind = { 1, 2 };
    shs_octets_t octets = { (const char *)&key, sizeof(key) };

    return shs_near_cache_name(cache, kind, octets);
}

static void complain(const char *what, unsigned key, unsigned long got,
                     unsigned long least)
{
    if (atomic_fetch_add(&board->wrong, 1) == 0) {
        snprintf(board->words, sizeof(board->words),
                 "%s: key %u, version %lu, least %lu", what, key, got, least);
    }
}

/* Reads the store, waits a while, and puts. */
static void write_one(shs_near_cache_t *cache, apr_uint64_t *seed)
{
    unsigned key = (unsigned)(next(seed) % KEYS);
    shs_near_name_t name = name_of(cache, key);
    char value[MOST];
    shs_near_ticket_t ticket;
    unsigned long version;
    shs_octets_t octets = { value, 0 };
    apr_time_t now = shs_clock_now();

    if (!shs_near_cache_begin(&ticket, cache, &name, now)) {
        return;
    }
    version = atomic_load(&board->written[key]);
    if (next(seed) % 8 == 0) {
        sched_yield();
    }
    octets.len = fill(value, key, version);
    shs_near_cache_put(cache, &name, &ticket, NEAR_SERVER, octets,
                       SHS_TTL_FOREVER);
    atomic_fetch_add(&board->puts, 1);
}

static void read_one(shs_near_cache_t *cache, apr_uint64_t *seed,
                     apr_pool_t *pool)
{
    unsigned key = (unsigned)(next(seed) % KEYS);
    shs_near_name_t name = name_of(cache, key);
    unsigned long least = atomic_load(&board->invalidated[key]);
    static __thread char wanted[MOST];
    shs_octets_t octets;
    apr_interval_time_t ttl, age;
    unsigned whose;
    unsigned long version;

    if (shs_near_cache_find(&octets, &ttl, &age, cache, &name, shs_clock_now(),
                            pool)
        != SHS_NEAR_HIT) {
        return;
    }
    atomic_fetch_add(&board->hits, 1);
    memcpy(&whose, octets.data, sizeof(whose));
    memcpy(&version, octets.data + 8, sizeof(version));
    if (whose != key) {
        complain("another's value", key, whose, 0);
    }
    else if (fill(wanted, key, version) != octets.len
             || memcmp(wanted, octets.data, octets.len) != 0) {
        complain("a torn value", key, version, 0);
    }
    else if (version < least) {
        complain("an old value", key, version, least);
    }
}

/* Changes the store, invalidates, and extends the lease. */
static void change_one(shs_near_cache_t *cache, apr_uint64_t *seed)
{
    unsigned key = (unsigned)(next(seed) % KEYS);
    shs_octets_t octets = { (const char *)&key, sizeof(key) };
    unsigned long version = atomic_fetch_add(&board->written[key], 1) + 1;

    if (next(seed) % 1000 == 0) {
        shs_near_invalidation_flush(cache);
    }
    else {
        shs_near_invalidation_invalidate(cache, octets);
    }
    atomic_store(&board->invalidated[key], version);
    shs_near_invalidation_lead(cache, shs_clock_now());
    shs_near_invalidation_extend_lease(cache, shs_clock_now());
}

typedef enum role_t { WRITER, READER, TRACKER } role_t;

static void work(role_t role, shs_near_cache_t *cache, apr_uint64_t seed,
                 apr_pool_t *pool)
{
    while (!atomic_load(&board->is_over)) {
        int i;

        for (i = 0; i < 50; i++) {
            switch (role) {
            case WRITER:
                write_one(cache, &seed);
                break;
            case READER:
                read_one(cache, &seed, pool);
                break;
            case TRACKER:
                change_one(cache, &seed);
                break;
            }
        }
        apr_pool_clear(pool);
        if (role == TRACKER) {
            unit_let_pass(shs_clock_now() + 200); /* or there would be no hit */
        }
    }
}

static apr_uint64_t a_seed(int n)
{
    const char *said = getenv("SHS_STRESS_SEED");

    return (said ? (apr_uint64_t)atoll(said) : 42) + (apr_uint64_t)n * 7919 + 1;
}

static pid_t start(role_t role, int n)
{
    pid_t pid = fork();

    if (pid == 0) {
        shs_near_cache_t *cache;
        apr_pool_t *pool;

        apr_pool_create(&pool, p);
        cache = near_attach(memory, &policy, 0);
        work(role, cache, a_seed(n), pool);
        _exit(0);
    }
    return pid;
}

static void prepare(void)
{
    static const apr_uint32_t source = NEAR_SERVER;
    shs_near_cache_t *cache;

    board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    policy = near_policy();
    policy.size = 256 * 1024; /* little: they meet */
    memory = near_memory(&policy);
    cache = near_attach(memory, &policy, 0);
    shs_near_invalidation_lead(cache, shs_clock_now());
    shs_near_invalidation_set_servers(cache, &source, 1);
    shs_near_invalidation_extend_lease(cache, shs_clock_now());
}

static void judge(void)
{
    ck_assert_msg(board->wrong == 0, "%lu wrong; the first: %s", board->wrong,
                  board->words);
    ck_assert_uint_gt(board->hits, 1000);
    ck_assert_uint_gt(board->puts, 1000);
    if (getenv("SHS_STRESS_SECONDS")) {
        printf("stress: %lu hits, %lu puts\n", board->hits, board->puts);
    }
}

/* This process is the leader; no other one calls lead(). */
static void lead_here(shs_near_cache_t *cache, apr_time_t until, pid_t *writers)
{
    apr_uint64_t seed = a_seed(99);
    int started = 100;

    while (shs_clock_now() < until) {
        int i, victim;

        for (i = 0; i < 50; i++) {
            change_one(cache, &seed);
        }
        unit_let_pass(shs_clock_now() + 500); /* likewise */
        if (writers && next(&seed) % 4 == 0) {
            victim = (int)(next(&seed) % WRITERS);
            kill(writers[victim], SIGKILL);
            waitpid(writers[victim], NULL, 0);
            writers[victim] = start(WRITER, started++);
        }
    }
    board->is_over = 1;
}

START_TEST(stress__of_processes_whose_writers_are_killed)
{
    pid_t writers[WRITERS], readers[READERS];
    static const apr_uint32_t source = NEAR_SERVER;
    shs_near_cache_t *cache = near_attach(memory, &policy, 0);
    int i, status;

    ck_assert(shs_near_invalidation_lead(cache, shs_clock_now()
                                                    + SHS_NEAR_LEADER_TIMEOUT));
    shs_near_invalidation_set_servers(cache, &source, 1);
    for (i = 0; i < WRITERS; i++) {
        writers[i] = start(WRITER, i);
    }
    for (i = 0; i < READERS; i++) {
        readers[i] = start(READER, 10 + i);
    }
    lead_here(cache, shs_clock_now() + apr_time_from_sec(seconds()), writers);
    for (i = 0; i < WRITERS; i++) {
        waitpid(writers[i], NULL, 0);
    }
    for (i = 0; i < READERS; i++) {
        waitpid(readers[i], &status, 0);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                      "a reader ended with %d", status);
    }
    judge();
}
END_TEST

typedef struct worker_t {
    pthread_t thread;
    role_t role;
    int n;
    shs_near_cache_t *cache;
} worker_t;

static void *run(void *data)
{
    worker_t *worker = data;
    apr_pool_t *pool;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    work(worker->role, worker->cache, a_seed(worker->n), pool);
    apr_pool_destroy(pool);
    return NULL;
}

START_TEST(stress__of_threads_of_one_process)
{
    static const apr_uint32_t source = NEAR_SERVER;
    worker_t workers[WRITERS + READERS];
    shs_near_cache_t *cache = near_attach(memory, &policy, 0);
    int i;

    ck_assert(shs_near_invalidation_lead(cache, shs_clock_now()
                                                    + SHS_NEAR_LEADER_TIMEOUT));
    shs_near_invalidation_set_servers(cache, &source, 1);
    for (i = 0; i < WRITERS + READERS; i++) {
        workers[i].role = i < WRITERS ? WRITER : READER;
        workers[i].n = i;
        workers[i].cache = cache;
        ck_assert(!pthread_create(&workers[i].thread, NULL, run, &workers[i]));
    }
    lead_here(cache, shs_clock_now() + apr_time_from_sec(seconds()), NULL);
    for (i = 0; i < WRITERS + READERS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    judge();
}
END_TEST

static void add(TCase *tc)
{
    tcase_set_timeout(tc, 60 + 2 * seconds());
    tcase_add_checked_fixture(tc, prepare, NULL);
    tcase_add_test(tc, stress__of_processes_whose_writers_are_killed);
    tcase_add_test(tc, stress__of_threads_of_one_process);
}

int main(void)
{
    return unit_main("near_stress", add);
}
