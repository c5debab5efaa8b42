/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/invalidation_sink.h"

#include <string.h>

/* One that begins with another is in it already. */
int shs_invalidation_sink_add_prefix(shs_invalidation_sink_t *watch, const char *prefix)
{
    int i, kept = 0;

    for (i = 0; i < watch->prefix_count; ++i) {
        const char *other = watch->prefixes[i];

        if (!strncmp(prefix, other, strlen(other))) {
            return 1;
        }
    }
    for (i = 0; i < watch->prefix_count; ++i) {
        if (strncmp(watch->prefixes[i], prefix, strlen(prefix)) != 0) {
            watch->prefixes[kept++] = watch->prefixes[i];
        }
    }
    watch->prefix_count = kept;
    if (kept == SHS_INVALIDATION_SINK_PREFIXES) {
        return 0;
    }
    watch->prefixes[watch->prefix_count++] = prefix;
    return 1;
}
