// SPDX-License-Identifier: Apache-2.0
// Runs the screen tests. Without JUCHU_URL the in-memory API of dev/mock.mjs is started for them.
import { spawn } from 'node:child_process'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const out = path.join(root, '.test/e2e')
const wanted = process.argv.slice(2)
await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })
const names = (await readdir(path.join(root, 'e2e'))).filter((name) => name.endsWith('.e2e.ts') && (!wanted.length || wanted.some((part) => name.includes(part))))
await build({ entryPoints: names.map((name) => path.join(root, 'e2e', name)), outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'warning' })

const environment = { ...process.env, JUCHU_UI_ROOT: root }
let mock
if (!process.env.JUCHU_URL) {
  mock = spawn(process.execPath, [path.join(root, 'dev/mock.mjs'), '8091'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    mock.stdout.once('data', resolve)
    mock.once('exit', () => reject(new Error('the mock did not start')))
  })
}
const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...names.map((name) => path.join(out, name.replace(/\.ts$/, '.mjs')))], { stdio: 'inherit', env: environment })
tests.on('exit', (code) => {
  mock?.kill()
  process.exit(code ?? 1)
})
