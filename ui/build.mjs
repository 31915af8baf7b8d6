// SPDX-License-Identifier: Apache-2.0
import { build, context } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = path.dirname(fileURLToPath(import.meta.url))
const dist = path.join(root, 'dist')
const watching = process.argv.includes('--watch')
const KB = 1024
const budget = {
  first: { brotli: 260 * KB, gzip: 310 * KB },
  style: { brotli: 25 * KB },
  chunk: { brotli: 30 * KB },
}
const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
}

const options = {
  absWorkingDir: root,
  entryPoints: { main: 'src/main.tsx', 'events-worker': 'src/api/events-worker.ts', icon: 'src/icon.svg' },
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  loader: { '.svg': 'copy' },
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  minify: !watching,
  sourcemap: watching ? 'inline' : false,
  legalComments: 'none',
  metafile: true,
  define: { 'process.env.NODE_ENV': watching ? '"development"' : '"production"' },
  logLevel: 'warning',
}

function compress(bytes) {
  return {
    brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    gzip: gzipSync(bytes, { level: 9 }),
  }
}

// What the browser loads before the order list shows: the entry, what it imports statically, and the list's chunk.
function firstLoad(outputs, entry, screen) {
  const seen = new Set()
  const walk = (name) => {
    if (seen.has(name) || !outputs[name]) return
    seen.add(name)
    for (const item of outputs[name].imports) if (item.kind === 'import-statement') walk(item.path)
  }
  walk(entry)
  walk(screen)
  if (outputs[entry].cssBundle) seen.add(outputs[entry].cssBundle)
  return seen
}

async function finish(metafile) {
  const { outputs } = metafile
  const find = (source) => Object.keys(outputs).find((name) => outputs[name].entryPoint === source)
  const entry = find('src/main.tsx')
  const url = (name) => '/' + path.posix.relative('dist', name)
  const icon = Object.keys(outputs).find((name) => /icon-\w+\.svg$/.test(name))
  const html = (await readFile(path.join(root, 'index.html'), 'utf8'))
    .replace('%MAIN%', url(entry))
    .replace('%STYLE%', url(outputs[entry].cssBundle))
    .replace('%WORKER%', url(find('src/api/events-worker.ts')))
    .replace('%ICON%', url(icon))
  await writeFile(path.join(dist, 'index.html'), html)

  const files = []
  const sizes = {}
  const names = ['index.html', ...(await readdir(path.join(dist, 'assets'))).sort().map((name) => `assets/${name}`)]
  for (const name of names) {
    const bytes = await readFile(path.join(dist, name))
    const small = compress(bytes)
    await writeFile(path.join(dist, `${name}.br`), small.brotli)
    await writeFile(path.join(dist, `${name}.gz`), small.gzip)
    sizes[`dist/${name}`] = { brotli: small.brotli.length, gzip: small.gzip.length }
    files.push({
      path: `/${name}`, type: types[path.extname(name)], immutable: name !== 'index.html',
      size: bytes.length, brotli: small.brotli.length, gzip: small.gzip.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })
  }
  await writeFile(path.join(dist, 'manifest.json'), JSON.stringify({ files }, null, 1) + '\n')

  const first = firstLoad(outputs, entry, find('src/screens/orders/OrdersScreen.tsx'))
  const sum = (list, kind) => list.reduce((total, name) => total + (sizes[name]?.[kind] ?? 0), 0)
  const style = [...first].filter((name) => name.endsWith('.css'))
  const rows = [
    ['first load, brotli', sum([...first], 'brotli'), budget.first.brotli],
    ['first load, gzip', sum([...first], 'gzip'), budget.first.gzip],
    ['styles, brotli', sum(style, 'brotli'), budget.style.brotli],
  ]
  for (const name of Object.keys(outputs)) {
    const source = outputs[name].entryPoint
    if (first.has(name) || !name.endsWith('.js') || !source) continue
    rows.push([`${source}, brotli`, sizes[name].brotli, budget.chunk.brotli])
  }
  let over = 0
  for (const [label, size, limit] of rows) {
    if (size > limit) over++
    console.log(`${size > limit ? 'OVER' : 'ok  '} ${(size / KB).toFixed(1).padStart(7)} of ${(limit / KB).toFixed(0)} KB  ${label}`)
  }
  if (over) throw new Error(`${over} size limits exceeded`)
}

await rm(dist, { recursive: true, force: true })
await mkdir(dist, { recursive: true })
if (watching) {
  const builder = await context({
    ...options,
    plugins: [{
      name: 'finish',
      setup(inner) {
        inner.onEnd(async (result) => {
          if (result.metafile) await finish(result.metafile).catch((error) => console.error(String(error)))
        })
      },
    }],
  })
  await builder.watch()
} else {
  const result = await build(options)
  await finish(result.metafile)
}
