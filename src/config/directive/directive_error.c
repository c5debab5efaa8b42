/* SPDX-License-Identifier: Apache-2.0 */
#include "config/directive/directive_error.h"

#include <apr_strings.h>

const char *shs_directive_error_describe(const cmd_parms *cmd,
                                         const char *error)
{
    return error ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", error, NULL)
                 : NULL;
}

const char *shs_directive_error_on_override(cmd_parms *cmd, void *dir,
                                            const char *args)
{
    const char *name = cmd->cmd->name;

    (void)dir;
    (void)args;
    if (!ap_check_cmd_context(cmd, NOT_IN_HTACCESS)
        || (cmd->override & (OR_AUTHCFG | NONFATAL_OVERRIDE))
        || (cmd->override_list && apr_table_get(cmd->override_list, name))) {
        return NULL;
    }
    return apr_psprintf(cmd->pool,
                        "%s not allowed here: for this directory the server's"
                        " configuration must have AllowOverride AuthConfig, or"
                        " AllowOverrideList %s",
                        name, name);
}
