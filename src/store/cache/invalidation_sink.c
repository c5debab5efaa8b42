/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache/invalidation_sink.h"

#include <string.h>

/* A prefix that begins with another is covered by it. */
int shs_invalidation_sink_add_prefix(shs_invalidation_sink_t *sink,
                                     const char *prefix)
{
    int i, kept = 0;

    for (i = 0; i < sink->prefix_count; ++i) {
        const char *other = sink->prefixes[i];

        if (!strncmp(prefix, other, strlen(other))) {
            return 1;
        }
    }
    for (i = 0; i < sink->prefix_count; ++i) {
        if (strncmp(sink->prefixes[i], prefix, strlen(prefix)) != 0) {
            sink->prefixes[kept++] = sink->prefixes[i];
        }
    }
    sink->prefix_count = kept;
    if (kept == SHS_INVALIDATION_SINK_PREFIXES) {
        return 0;
    }
    sink->prefixes[sink->prefix_count++] = prefix;
    return 1;
}
