/* SPDX-License-Identifier: Apache-2.0 */
#include "redis/connection/run_id.h"

#include <string.h>

#include "base/fnv.h"

#define FIELD "run_id:"

/* One section of INFO has some twenty lines. */
#define MAX_OCTETS 16384

static apr_uint32_t hash(const char *text, apr_size_t len)
{
    apr_uint32_t hash = shs_fnv_add32(SHS_FNV_START32, text, len);

    return hash > SHS_RUN_ID_UNKNOWN ? hash : SHS_RUN_ID_UNKNOWN + 1;
}

static apr_size_t line_length(const char *line, const char *end)
{
    apr_size_t len = 0;

    while (line + len < end && line[len] != '\r' && line[len] != '\n') {
        ++len;
    }
    return len;
}

apr_uint32_t shs_run_id_parse(const shs_reply_t *reply)
{
    const apr_size_t name = sizeof(FIELD) - 1;
    const char *line, *end;

    if (reply->kind != SHS_REPLY_STRING) {
        return SHS_RUN_ID_UNKNOWN;
    }
    end = reply->text.data + reply->text.len;
    for (line = reply->text.data; line < end; ++line) {
        apr_size_t len = line_length(line, end);

        if (len > name && !memcmp(line, FIELD, name)) {
            return hash(line + name, len - name);
        }
        line += len;
    }
    return SHS_RUN_ID_UNKNOWN;
}

shs_octets_t shs_run_id_command(void)
{
    static const char command[] = "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n";
    shs_octets_t octets = { command, sizeof(command) - 1 };

    return octets;
}

shs_conn_status_t shs_run_id_load(shs_conn_t *conn, apr_time_t deadline,
                                  const char **reason, apr_pool_t *p)
{
    const shs_resp_limits_t limits = { MAX_OCTETS, 0 };
    shs_reply_t *reply = NULL;
    shs_conn_status_t status = shs_conn_execute(
        &reply, 1, conn, shs_run_id_command(), limits, deadline, reason, p);

    if (status == SHS_CONN_OK) {
        shs_conn_set_run_id(conn, shs_run_id_parse(reply));
    }
    return status == SHS_CONN_TOO_LARGE ? SHS_CONN_FAILED : status;
}
