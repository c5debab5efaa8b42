/* SPDX-License-Identifier: Apache-2.0
 *
 * server: where a server listens, as all files here name it. Whether it is a
 * master, a Sentinel or a cluster's seed is for whoever holds it to say.
 */
#ifndef SHS_REDIS_PROTOCOL_SERVER_H
#define SHS_REDIS_PROTOCOL_SERVER_H

typedef struct shs_address_t {
    const char *host; /* name or address, without brackets; who made the struct
                       * says how long it lasts */
    int port;         /* 1 to 65535 */
} shs_address_t;

#endif
