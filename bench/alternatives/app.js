// SPDX-License-Identifier: Apache-2.0
//
// Express with two worker processes and its sessions in Redis:
//   node app.js PORT REDIS-PORT [bare]
const cluster = require('cluster');
const express = require('express');

const [port, redisPort, bare] = process.argv.slice(2);

async function serve() {
    const app = express();
    if (!bare) {
        const session = require('express-session');
        const { default: RedisStore } = require('connect-redis');
        const { createClient } = require('redis');
        const client = createClient({ socket: { host: '127.0.0.1', port: Number(redisPort) } });
        await client.connect();
        app.use(session({
            store: new RedisStore({ client, disableTouch: true }),
            secret: 'bench',
            resave: false,
            saveUninitialized: false,
        }));
        app.get('/login', (req, res) => {
            req.session.userId = 'alice';
            res.type('text').send('welcome\n');
        });
    }
    app.get('/', (req, res) => {
        const user = bare ? 'alice' : req.session.userId;
        res.type('text').send(`hello ${user}\n`);
    });
    app.listen(Number(port), '127.0.0.1');
}

if (cluster.isPrimary) {
    cluster.fork();
    cluster.fork();
    process.on('SIGTERM', () => {
        Object.values(cluster.workers).forEach((worker) => worker.kill());
        process.exit(0);
    });
} else {
    serve();
}
