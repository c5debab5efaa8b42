/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/lifetimes.h"

#include <string.h>

#include <apr_strings.h>

#include "base/option.h"
#include "config/directive/directive_error.h"
#include "config/settings.h"
#include "session/lifetime.h"

/* TIME, or TIME adopt. */
const char *shs_lifetimes_set_idle(cmd_parms *cmd, void *dir, const char *text,
                                   const char *word)
{
    shs_settings_t *settings = dir;
    const char *error =
        shs_option_parse_lifetime(&settings->idle.value, text, cmd->pool);

    settings->idle.set = settings->adopts.set = 1;
    settings->adopts.value = word != NULL;
    if (!error && word && strcasecmp(word, "adopt")) {
        error = apr_psprintf(cmd->pool,
                             "'%s': after the time there is only adopt, for"
                             " sessions that other programs have created",
                             word);
    }
    return shs_directive_error_describe(cmd, error);
}

const char *shs_lifetimes_set_absolute(cmd_parms *cmd, void *dir,
                                       const char *text)
{
    shs_settings_t *settings = dir;
    const char *error =
        shs_option_parse_lifetime(&settings->absolute.value, text, cmd->pool);

    settings->absolute.set = 1;
    return shs_directive_error_describe(cmd, error);
}

const char *shs_lifetimes_set_touch(cmd_parms *cmd, void *dir, const char *text)
{
    shs_settings_t *settings = dir;
    const char *error = NULL;

    settings->touch.set = 1;
    settings->touch.value = 0;
    if (!strcasecmp(text, "On")) {
        settings->touch.value = SHS_LIFETIME_SIXTH;
    }
    else if (strcasecmp(text, "Off")) {
        error =
            shs_option_parse_lifetime(&settings->touch.value, text, cmd->pool);
    }
    return shs_directive_error_describe(cmd, error);
}

const char *shs_lifetimes_set_grace(cmd_parms *cmd, void *dir, const char *text)
{
    shs_settings_t *settings = dir;
    const char *error = NULL;

    settings->grace.set = 1;
    settings->grace.value = 0;
    if (strcmp(text, "0")) {
        error =
            shs_option_parse_lifetime(&settings->grace.value, text, cmd->pool);
    }
    if (!error && settings->grace.value > apr_time_from_sec(60)) {
        error = "at most 60s: so long the old id goes on being one that opens"
                " the session";
    }
    return shs_directive_error_describe(cmd, error);
}
