// SPDX-License-Identifier: Apache-2.0
//
// What the applications of this folder have in common: their settings, which are
// environment variables, and what is in a session.
'use strict';

const { APP_PORT, APP_REDIS_PORT, APP_IDLE_S, APP_SECRET, APP_COOKIE } = process.env;

module.exports = {
    port: Number(APP_PORT),
    redisPort: Number(APP_REDIS_PORT),
    idle: Number(APP_IDLE_S || 1800) * 1000,
    secret: APP_SECRET || 'SeCrEt of 32 characters at least',
    cookie: APP_COOKIE,

    login(session, person) {
        session.userId = person.userId;
        session.userNm = person.userNm;
        session.admin = true;
        session.visits = 3;
        session.nested = { a: [1, 2, { b: null }] };
    },

    seen(session) {
        return { userId: session.userId, userNm: session.userNm };
    },
};
