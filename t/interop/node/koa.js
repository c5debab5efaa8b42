// SPDX-License-Identifier: Apache-2.0
//
// Koa with koa-session, and koa-redis as its store. What every application of
// t/interop offers is in t/interop/README.md.
'use strict';

const Koa = require('koa');
const session = require('koa-session').default || require('koa-session');
const redisStore = require('koa-redis');
const env = require('./env');

const store = redisStore({ host: '127.0.0.1', port: env.redisPort });
store.on('error', (error) => console.error('ERROR', error));

const app = new Koa();
app.keys = [env.secret];
app.use(session({ key: env.cookie || 'koa.sess', maxAge: env.idle, store }, app));

async function body(ctx) {
    let text = '';
    for await (const part of ctx.req) {
        text += part;
    }
    return JSON.parse(text || '{}');
}

const pages = {
    'GET /ready': (ctx) => { ctx.body = 'ready'; },
    'POST /login': async (ctx) => {
        const person = await body(ctx);
        env.login(ctx.session, person);
        ctx.body = env.seen(ctx.session);
    },
    'GET /session': (ctx) => {
        if (!ctx.session.userId) {
            ctx.status = 401;
            ctx.body = {};
            return;
        }
        ctx.body = env.seen(ctx.session);
    },
    'POST /change': async (ctx) => {
        ctx.session.userNm = (await body(ctx)).userNm;
        ctx.body = env.seen(ctx.session);
    },
    'POST /logout': (ctx) => {
        ctx.session = null;
        ctx.status = 204;
    },
};

app.use(async (ctx) => {
    const page = pages[`${ctx.method} ${ctx.path}`];
    if (page) {
        await page(ctx);
    }
});
app.listen(env.port, '127.0.0.1');
