/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads lines of t/unit/java_check.h from the standard input, and prints those
 * in which the decoder and the JSON differ. The last line has the numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include <apr_general.h>

#include "java_check.h"

int main(void)
{
    apr_pool_t *p;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int count = 0;
    int wrong = 0;

    apr_initialize();
    apr_pool_create(&p, NULL);
    while ((len = getline(&line, &room, stdin)) > 0) {
        const char *name;
        const char *difference;

        if (line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }
        difference = java_check_line(&name, line, p);
        if (difference) {
            printf("%s: %s\n", name, difference);
            ++wrong;
        }
        ++count;
        apr_pool_clear(p);
    }
    free(line);
    printf("%d graphs, %d differences\n", count, wrong);
    apr_pool_destroy(p);
    apr_terminate();
    return wrong == 0 && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
