// SPDX-License-Identifier: Apache-2.0
// The API of docs/openapi.yaml in memory, for developing the screens: node dev/mock.mjs [port]
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { routes } from './routes.mjs'
import { problem, state } from './state.mjs'

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist')
/** 0 takes any free port. */
const port = Number(process.argv[2] ?? process.env.PORT ?? 8090)
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' }
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

function sendFile(response, name) {
  const found = existsSync(path.join(dist, name)) && !name.includes('..')
  if (!found && name.startsWith('/assets/')) return response.writeHead(404).end()
  const file = found && name !== '/' ? name : '/index.html'
  response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': file === '/index.html' ? 'no-cache' : 'public, max-age=31536000, immutable' })
  createReadStream(path.join(dist, file)).pipe(response)
}

async function readBody(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (!text) return null
  return (request.headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : text
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/healthz') return response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n')
  if (!url.pathname.startsWith('/api/v1/')) return sendFile(response, url.pathname)
  const place = url.pathname.slice('/api/v1'.length)
  const cookie = /juchu_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  const session = state.sessions.get(cookie)
  const send = (status, body, headers = {}) => {
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Juchu-Build': 'mock', ...headers })
    response.end(body === undefined || status === 204 ? undefined : JSON.stringify(body))
  }
  try {
    for (const [method, pattern, role, handler] of routes) {
      if (method !== request.method) continue
      const match = new RegExp(`^${pattern.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(place)
      if (!match) continue
      if (role !== 'public' && !session) throw problem(401, 'unauthenticated', 'ログインしてください。')
      const order = ['viewer', 'staff', 'manager', 'owner']
      if (role !== 'public' && order.indexOf(session.user.role) < order.indexOf(role)) throw problem(403, 'forbidden', 'この操作を行う権限がありません。')
      if (method !== 'GET' && role !== 'public' && request.headers['x-csrf-token'] !== session.csrf_token) throw problem(403, 'csrf', '画面を再読み込みしてください。')
      const body = method === 'GET' ? null : await readBody(request)
      const english = (request.headers['accept-language'] ?? '').startsWith('en')
      const answer = await handler({ params: match.groups ?? {}, query: Object.fromEntries(url.searchParams), body, session, request, response, english })
      if (answer !== 'streaming') send(answer?.status ?? 200, answer?.body ?? answer, answer?.headers)
      return
    }
    throw problem(404, 'not_found', 'この呼び出しはありません。')
  } catch (error) {
    if (error.problem) return send(error.problem.status, error.problem)
    console.error(error)
    send(500, { title: 'Internal', status: 500, code: 'internal', detail: String(error) })
  }
})
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}  login: tencho@example.jp  password: juchu-mock-password`))
