/* SPDX-License-Identifier: Apache-2.0 */
#include "config/control_headers.h"

#include <stddef.h>

const char *const shs_control_headers[] = { SHS_CONTROL_HEADER_SET,
                                            SHS_CONTROL_HEADER_UNSET,
                                            SHS_CONTROL_HEADER_ACTION, NULL };
