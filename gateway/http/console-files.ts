/** Serves the built console; the code is no secret, so it needs no token. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const NOT_BUILT = `<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Outpost 哨所</title>
<h1>哨所网关正在运行，控制台尚未构建</h1>
<p>请在安装目录执行 <code>npm run build:console</code>，然后重启网关。接口不受影响：<a href="/api/health">/api/health</a></p>
<h1 lang="en">The gateway is running; its console has not been built</h1>
<p lang="en">Run <code>npm run build:console</code> in the folder of Outpost and restart the gateway. The API works all the same.</p>
</html>
`

export async function registerConsoleFiles(app: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, (_request, reply) =>
      reply.code(503).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(NOT_BUILT),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: directory,
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders(reply, path) {
      // Files under assets/ carry a hash of their content in their name; the page itself must never be old.
      const hashed = path.startsWith(join(directory, 'assets'))
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
