// SPDX-License-Identifier: Apache-2.0
//
// Express with express-session and connect-redis. What every application of
// t/interop offers is in t/interop/README.md.
'use strict';

const express = require('express');
const session = require('express-session');
const { RedisStore } = require('connect-redis');
const { createClient } = require('redis');
const env = require('./env');

async function main() {
    const client = createClient({ url: `redis://127.0.0.1:${env.redisPort}` });
    client.on('error', (error) => console.error('ERROR', error));
    await client.connect();

    const app = express();
    app.use(session({
        store: new RedisStore({ client }),
        name: env.cookie || 'connect.sid',
        secret: env.secret,
        resave: false,
        saveUninitialized: false,
        // Without maxAge the cookie ends with the browser, and the store's own
        // time to live applies: connect-redis' default is a day.
        cookie: { maxAge: env.idle },
    }));
    app.use(express.json());

    app.get('/ready', (req, res) => res.send('ready'));
    app.post('/login', (req, res, next) => {
        req.session.regenerate((error) => {
            if (error) {
                next(error);
                return;
            }
            env.login(req.session, req.body);
            res.json(env.seen(req.session));
        });
    });
    app.get('/session', (req, res) => {
        if (!req.session.userId) {
            res.status(401).json({});
            return;
        }
        res.json(env.seen(req.session));
    });
    app.post('/change', (req, res) => {
        req.session.userNm = req.body.userNm;
        res.json(env.seen(req.session));
    });
    app.post('/logout', (req, res, next) => {
        req.session.destroy((error) => (error ? next(error) : res.sendStatus(204)));
    });
    app.listen(env.port, '127.0.0.1');
}

main();
