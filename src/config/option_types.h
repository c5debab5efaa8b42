/* SPDX-License-Identifier: Apache-2.0
 *
 * option_types: the types of simple options of a place. `set` says whether the
 * place sets the option; otherwise the value is the default.
 */
#ifndef SHS_CONFIG_OPTION_TYPES_H
#define SHS_CONFIG_OPTION_TYPES_H

#include <apr_time.h>

typedef struct shs_flag_t {
    int set;
    int value; /* On or Off */
} shs_flag_t;

typedef struct shs_span_t {
    int set;
    apr_interval_time_t value;
} shs_span_t;

#endif
