/* SPDX-License-Identifier: Apache-2.0
 *
 * What clang's fuzzer calls; -DFUZZ=fuzz_json and so on says which parser.
 */
#include "fuzz.h"

#include <apr_general.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *p;

    if (!p) {
        apr_initialize();
        apr_pool_create(&p, NULL);
    }
    FUZZ(data, size, p);
    apr_pool_clear(p);
    return 0;
}
