/* SPDX-License-Identifier: Apache-2.0
 *
 * secret_file: the secrets with which a framework signs its cookies. The file
 * has one secret in each line, as octets. Lines that are empty or begin with
 * "#" are ignored. A line may end with CR LF.
 *
 * The file is read as root while the configuration is read. Each child reads
 * its own copy again if the file has changed.
 */
#ifndef SHS_SESSION_ID_SECRET_FILE_H
#define SHS_SESSION_ID_SECRET_FILE_H

typedef struct shs_secret_file_t shs_secret_file_t;

#endif
