/* SPDX-License-Identifier: Apache-2.0 */
#include "store/provider.h"

#include <assert.h>
#include <string.h>

#include <apr_strings.h>

#define MAX_PROVIDERS 8

static const shs_provider_t *providers[MAX_PROVIDERS];

void shs_provider_register(const shs_provider_t *provider)
{
    int i;

    for (i = 0; i < MAX_PROVIDERS; ++i) {
        if (!providers[i] || providers[i] == provider) {
            providers[i] = provider;
            return;
        }
    }
    assert(!"more providers than MAX_PROVIDERS");
}

const shs_provider_t *shs_provider_find(const char *url)
{
    const char *colon = strstr(url, "://");
    int i, j;

    for (i = 0; colon && i < MAX_PROVIDERS && providers[i]; ++i) {
        for (j = 0; providers[i]->schemes[j]; ++j) {
            const char *scheme = providers[i]->schemes[j];
            apr_size_t len = strlen(scheme);

            if (len == (apr_size_t)(colon - url)
                && !strncmp(scheme, url, len)) {
                return providers[i];
            }
        }
    }
    return NULL;
}

const char *shs_provider_describe_schemes(apr_pool_t *p)
{
    const char *words = "";
    int i, j;

    for (i = 0; i < MAX_PROVIDERS && providers[i]; ++i) {
        for (j = 0; providers[i]->schemes[j]; ++j) {
            words = apr_pstrcat(p, words, *words ? ", " : "",
                                providers[i]->schemes[j], "://", NULL);
        }
    }
    return words;
}
