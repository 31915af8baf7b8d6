// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const document = '../docs/openapi.yaml'

/** Only as much of YAML as the layout of our own document needs. */
function documented(): Map<string, string> {
  const out = new Map<string, string>()
  let place = ''
  let method = ''
  for (const line of readFileSync(document, 'utf8').split('\n')) {
    if (line.startsWith('components:')) break
    place = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? place
    method = /^ {4}(get|post|put|patch|delete):$/.exec(line)?.[1]?.toUpperCase() ?? method
    const role = /^ {6}x-role: (\w+)$/.exec(line)?.[1]
    if (role) out.set(`${method} ${place}`, role)
  }
  return out
}

test('the mock offers only what the API document says, with the same roles', { skip: !existsSync(document) }, () => {
  const known = documented()
  assert.ok(known.size > 50)
  const text = ['dev/routes.mjs', 'dev/work.mjs'].map((file) => readFileSync(file, 'utf8')).join('\n')
  const routes = [...text.matchAll(/^ +\['(GET|POST|PUT|PATCH|DELETE)', '([^']+)', '(\w+)'/gm)]
  assert.ok(routes.length > 40)
  for (const [, method, place, role] of routes) assert.equal(role, known.get(`${method} ${place}`), `${method} ${place}`)
})

test('the screens call only what the mock offers', () => {
  const text = ['dev/routes.mjs', 'dev/work.mjs'].map((file) => readFileSync(file, 'utf8')).join('\n')
  const offered = new Set([...text.matchAll(/^ +\['(GET|POST|PUT|PATCH|DELETE)', '([^']+)'/gm)].map((match) => `${match[1]} ${match[2]}`))
  const files = ['src/api/client.ts', 'src/api/hooks.ts', 'src/api/orders.ts', 'src/api/moves.ts', 'src/blocks/WritebackDrawer.tsx', 'src/screens/order/useShip.tsx', 'src/screens/writebacks/PreviewDialog.tsx', 'src/screens/shops/ShopDrawer.tsx', 'src/screens/fetch/FetchForm.tsx', 'src/screens/fetch/RunView.tsx']
  for (const file of files) {
    for (const match of readFileSync(file, 'utf8').matchAll(/api\.(GET|POST|PUT|PATCH|DELETE)\('([^']+)'/g)) assert.ok(offered.has(`${match[1]} ${match[2]}`), `${file}: ${match[1]} ${match[2]}`)
  }
})
