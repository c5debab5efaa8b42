/* SPDX-License-Identifier: Apache-2.0 */
#include "config/provider.h"

#include <stdlib.h>
#include <string.h>

#include <ap_provider.h>
#include <apr_strings.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const ap_list_provider_names_t *)a)->provider_name,
                  ((const ap_list_provider_names_t *)b)->provider_name);
}

/* "redis://, rediss://". httpd's list has no order of its own. */
static const char *describe_schemes(apr_pool_t *p)
{
    apr_array_header_t *names =
        ap_list_provider_names(p, SHS_PROVIDER_GROUP, SHS_PROVIDER_VERSION);
    const char *words = "";
    int i;

    qsort(names->elts, (size_t)names->nelts, sizeof(ap_list_provider_names_t),
          compare_names);
    for (i = 0; i < names->nelts; ++i) {
        words = apr_pstrcat(
            p, words, i > 0 ? ", " : "",
            APR_ARRAY_IDX(names, i, ap_list_provider_names_t).provider_name,
            "://", NULL);
    }
    return words;
}

/* The version of the interface for which a provider of that name was compiled;
 * NULL: there is no such provider. */
static const char *find_version(const char *scheme, apr_pool_t *p)
{
    const apr_array_header_t *groups = ap_list_provider_groups(p);
    int i;

    for (i = 0; i < groups->nelts; ++i) {
        const ap_list_provider_groups_t *group =
            &APR_ARRAY_IDX(groups, i, ap_list_provider_groups_t);

        if (!strcmp(group->provider_group, SHS_PROVIDER_GROUP)
            && ap_lookup_provider(SHS_PROVIDER_GROUP, scheme,
                                  group->provider_version)) {
            return group->provider_version;
        }
    }
    return NULL;
}

const char *shs_provider_find(const shs_provider_t **out, const char *url,
                              apr_pool_t *p)
{
    const char *end = strstr(url, "://");
    const char *scheme =
        end ? apr_pstrmemdup(p, url, (apr_size_t)(end - url)) : "";
    const char *version;

    *out = ap_lookup_provider(SHS_PROVIDER_GROUP, scheme, SHS_PROVIDER_VERSION);
    if (*out) {
        return NULL;
    }
    version = find_version(scheme, p);
    if (version) {
        return apr_psprintf(p,
                            "the provider of %s:// was compiled for version %s"
                            " of mod_shared_session_provider.h, and this"
                            " mod_shared_session has version %s: compile the"
                            " provider again with the header of this one",
                            scheme, version, SHS_PROVIDER_VERSION);
    }
    return apr_pstrcat(p, end ? "unknown scheme" : "the URL has no scheme",
                       "; there are ", describe_schemes(p),
                       "; LoadModule adds others", NULL);
}
