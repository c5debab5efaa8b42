// SPDX-License-Identifier: Apache-2.0
//
// Fastify with @fastify/session, and connect-redis as its store. What every
// application of t/interop offers is in t/interop/README.md.
'use strict';

const fastify = require('fastify');
const { RedisStore } = require('connect-redis');
const { createClient } = require('redis');
const env = require('./env');

async function main() {
    const client = createClient({ url: `redis://127.0.0.1:${env.redisPort}` });
    client.on('error', (error) => console.error('ERROR', error));
    await client.connect();

    const app = fastify({ logger: { level: 'warn' } });
    app.register(require('@fastify/cookie'));
    app.register(require('@fastify/session'), {
        store: new RedisStore({ client }),
        cookieName: env.cookie || 'sessionId',
        secret: env.secret,
        saveUninitialized: false,
        cookie: { secure: false, maxAge: env.idle },
    });

    app.get('/ready', async () => 'ready');
    app.post('/login', async (req) => {
        await req.session.regenerate();
        env.login(req.session, req.body);
        return env.seen(req.session);
    });
    app.get('/session', async (req, reply) => {
        if (!req.session.userId) {
            reply.code(401);
            return {};
        }
        return env.seen(req.session);
    });
    app.post('/change', async (req) => {
        req.session.userNm = req.body.userNm;
        return env.seen(req.session);
    });
    app.post('/logout', async (req, reply) => {
        await req.session.destroy();
        reply.code(204);
    });
    await app.listen({ port: env.port, host: '127.0.0.1' });
}

main();
