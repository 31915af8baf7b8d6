// SPDX-License-Identifier: Apache-2.0
// Runs the screen tests. Without JUCHU_URL the in-memory API of dev/mock.mjs is started for them.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { firstOrders } from './server.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const wanted = process.argv.slice(2)
const names = (await readdir(path.join(root, 'e2e'))).filter((name) => name.endsWith('.e2e.ts') && (!wanted.length || wanted.some((part) => name.includes(part))))
if (!names.length) throw new Error(`no tests named ${wanted.join(', ')}`)
await mkdir(path.join(root, '.test'), { recursive: true })
// Two runs may go on at once: against the server and against the sample data.
const out = await mkdtemp(path.join(root, '.test/e2e-'))
await build({ entryPoints: names.map((name) => path.join(root, 'e2e', name)), outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'warning' })

async function startMock() {
  const mock = spawn(process.execPath, [path.join(root, 'dev/mock.mjs'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise((resolve, reject) => {
    mock.stdout.once('data', (data) => resolve(String(data)))
    mock.once('exit', () => reject(new Error('the mock did not start')))
  })
  return { mock, url: line.split(' ')[0] }
}

const environment = { ...process.env, JUCHU_UI_ROOT: root }
let mock
if (process.env.JUCHU_URL) await firstOrders(process.env.JUCHU_URL, process.env.JUCHU_LOGIN, process.env.JUCHU_PASSWORD)
else {
  const started = await startMock()
  mock = started.mock
  environment.JUCHU_MOCK_URL = started.url
}
const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...names.map((name) => path.join(out, name.replace(/\.ts$/, '.mjs')))], { stdio: 'inherit', env: environment })
tests.on('exit', async (code) => {
  mock?.kill()
  await rm(out, { recursive: true, force: true })
  process.exit(code ?? 1)
})
