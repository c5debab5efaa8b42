/* SPDX-License-Identifier: Apache-2.0
 *
 * user_name: the names of attributes that identify the user of a session, where
 * no directive names them. A change of such an attribute is a login.
 */
#ifndef SHS_SESSION_USER_NAME_H
#define SHS_SESSION_USER_NAME_H

/* Whether an attribute of this name identifies the user or grants rights: 1 or
 * 0. Names are compared without case, "_", "-" and ".", so that userId, USER_ID
 * and user-id are one name. "<AuthName>-user" and "<AuthName>-pw" are the names
 * of mod_auth_form. */
int shs_user_name_is(const char *name);

#endif
