/* SPDX-License-Identifier: Apache-2.0
 *
 * stopwatch: the CPU time that a thread spends on a request, from when the
 * request has been read until it is logged. The first digit of the path is the
 * kind of the request. The handler "stopwatch" prints a line for each kind and
 * resets the counts:
 *
 *   digit requests p10 p50     (nanoseconds)
 *
 * On a shared machine a rate cannot show a difference of a microsecond. The
 * medians of requests that are interleaved within milliseconds can.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#define KINDS 10
#define MOST  100000

/* One second. */
#define LONGEST 1000000000u

extern module AP_MODULE_DECLARE_DATA stopwatch_module;

static apr_uint32_t times[KINDS][MOST];
static atomic_uint counts[KINDS];

static apr_uint64_t thread_time(void)
{
    struct timespec at;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (apr_uint64_t)at.tv_sec * 1000000000u + (apr_uint64_t)at.tv_nsec;
}

static int on_post_read_request(request_rec *r)
{
    apr_uint64_t *at = apr_palloc(r->pool, sizeof(*at));

    ap_set_module_config(r->request_config, &stopwatch_module, at);
    *at = thread_time();
    return DECLINED;
}

static int on_log_transaction(request_rec *r)
{
    const apr_uint64_t *at =
        ap_get_module_config(r->request_config, &stopwatch_module);
    int kind = r->uri && r->uri[0] == '/' ? r->uri[1] - '0' : -1;

    apr_uint64_t took = at ? thread_time() - *at : LONGEST;

    /* A request that another thread ends is not counted. */
    if (took < LONGEST && kind >= 0 && kind < KINDS) {
        unsigned i = atomic_fetch_add(&counts[kind], 1);

        if (i < MOST) {
            times[kind][i] = (apr_uint32_t)took;
        }
    }
    return DECLINED;
}

static int compare(const void *a, const void *b)
{
    apr_uint32_t one = *(const apr_uint32_t *)a;
    apr_uint32_t other = *(const apr_uint32_t *)b;

    return one < other ? -1 : one > other;
}

static int on_handler(request_rec *r)
{
    int i;

    if (!r->handler || strcmp(r->handler, "stopwatch")) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    for (i = 0; i < KINDS; i++) {
        unsigned count = counts[i] < MOST ? counts[i] : MOST;

        if (count > 0) {
            qsort(times[i], count, sizeof(times[i][0]), compare);
            ap_rprintf(r, "%d %u %u %u\n", i, count, times[i][count / 10],
                       times[i][count / 2]);
        }
        counts[i] = 0;
    }
    return OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_read_request(on_post_read_request, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(on_log_transaction, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_handler(on_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(stopwatch) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
