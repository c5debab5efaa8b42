/* SPDX-License-Identifier: Apache-2.0
 *
 * metric: the description of a number that is published for monitoring.
 */
#ifndef SHS_BASE_METRIC_H
#define SHS_BASE_METRIC_H

/* How monitoring has to read a number. */
typedef enum shs_metric_kind_t {
    SHS_METRIC_COUNTER = 1, /* only rises, until httpd restarts */
    SHS_METRIC_GAUGE,       /* the current value */
    SHS_METRIC_HISTOGRAM    /* one bucket of a distribution */
} shs_metric_kind_t;

typedef struct shs_metric_t {
    const char *name; /* for reports: "Timeouts" */
    shs_metric_kind_t kind;
    const char *help; /* one sentence */
} shs_metric_t;

#endif
