/* SPDX-License-Identifier: Apache-2.0
 *
 * login_attribute: the names of attributes whose change is a login: they
 * identify the user of a session, where no directive names them.
 */
#ifndef SHS_REQUEST_MOD_SESSION_LOGIN_ATTRIBUTE_H
#define SHS_REQUEST_MOD_SESSION_LOGIN_ATTRIBUTE_H

/* Whether an attribute of this name identifies the user or grants rights: 1 or
 * 0. Names are compared without case, "_", "-" and ".", so that userId, USER_ID
 * and user-id are one name. "<AuthName>-user" and "<AuthName>-pw" are the names
 * of mod_auth_form. */
int shs_login_attribute_is(const char *name);

#endif
