// SPDX-License-Identifier: Apache-2.0
// Types first, then logic; each test file is bundled because Node 18 reads no TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
const out = path.join(root, '.test/unit')
const run = (name, args) => spawnSync(process.execPath, [path.join(root, 'node_modules', name), ...args], { cwd: root, stdio: 'inherit' }).status

if (existsSync(path.join(root, '../docs/openapi.yaml')) && run('openapi-typescript/bin/cli.js', ['../docs/openapi.yaml', '-o', 'src/api/schema.ts', '--default-non-nullable', 'false'])) process.exit(1)
if (run('typescript/bin/tsc', ['--noEmit'])) process.exit(1)

await rm(out, { recursive: true, force: true })
await mkdir(out, { recursive: true })
const names = (await readdir(path.join(root, 'test'))).filter((name) => name.endsWith('.test.ts'))
await build({ entryPoints: names.map((name) => path.join(root, 'test', name)), outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning', loader: { '.css': 'empty' } })
const tests = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...names.map((name) => path.join(out, name.replace(/\.ts$/, '.mjs')))], { cwd: root, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
const number = (name) => Number(new RegExp(`^# ${name} (\\d+)`, 'm').exec(tests.stdout)?.[1] ?? 0)
if (tests.status) process.stdout.write(tests.stdout + tests.stderr)
console.log(`ui: types checked; ${number('tests')} tests in ${names.length} files, ${number('pass')} passed, ${number('fail')} failed`)
process.exit(tests.status ?? 1)
