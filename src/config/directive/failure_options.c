/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/failure_options.h"

#include <string.h>

#include <apr_strings.h>

#include "base/option.h"
#include "config/directive/directive_error.h"
#include "config/settings.h"

/* One option of SharedSessionFailure after allow or deny. */
static const char *set_option(shs_settings_t *settings, const char *option,
                              apr_pool_t *p)
{
    if (!strncmp(option, "stale=", 6)) {
        return shs_option_parse_lifetime(&settings->stale.value, option + 6, p);
    }
    if (!strcmp(option, "decide=none")) {
        settings->decides_without.value = 1;
        return NULL;
    }
    return apr_psprintf(p,
                        "'%s': after allow or deny there are only stale=TIME"
                        " and decide=none",
                        option);
}

/* allow|deny, and options. */
const char *shs_failure_options_set(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[])
{
    shs_settings_t *settings = dir;
    const char *error = NULL;
    int is_word, i;

    settings->denies.set = settings->stale.set = 1;
    settings->decides_without.set = 1;
    settings->denies.value = settings->decides_without.value = 0;
    settings->stale.value = 0;
    if (argc < 1) {
        return shs_directive_error_describe(cmd, "allow or deny is needed");
    }
    settings->denies.value = !strcmp(argv[0], "deny");
    is_word = settings->denies.value || !strcmp(argv[0], "allow");
    if (!is_word && !strchr(argv[0], '=')) {
        error = apr_psprintf(cmd->pool,
                             "'%s' is neither allow nor deny, nor stale=TIME,"
                             " nor decide=none",
                             argv[0]);
    }
    for (i = is_word; i < argc && !error; ++i) {
        error = strcmp(argv[i], "allow") && strcmp(argv[i], "deny")
                    ? set_option(settings, argv[i], cmd->pool)
                    : "allow or deny comes first, and the options after it";
    }
    return shs_directive_error_describe(cmd, error);
}
