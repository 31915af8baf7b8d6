// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, merge } from '../src/lib/conflict'
import { credentialLeft } from '../src/lib/credentials'
import { randomId } from '../src/lib/ids'
import { may } from '../src/lib/permissions'
import { conditionCount, emptyFilter, filterToApi, filterToSearch, parseFilter, withoutConditions } from '../src/lib/query'
import { SelectionStore } from '../src/lib/selection'
import { flatten, isBlank, shipValueOf, toPackages, unflatten } from '../src/lib/shipping'
import { deleteDraft, draftKey, readDraft, writeDraft } from '../src/lib/storage'

test('filter and address are the same thing', () => {
  const filter = { ...emptyFilter, status: '4', shop: ['101', '102'], q: '髙橋 & 子', from: '2026-11-01', to: '2026-11-23', basis: 'ship_date' as const, mark: 'comment', sort: '-ordered_at' as const }
  assert.deepEqual(parseFilter(filterToSearch(filter)), filter)
  assert.equal(filterToSearch(emptyFilter), '')
  assert.deepEqual(parseFilter('?from=2026-13-01&basis=nonsense&sort=x&shop=,'), emptyFilter)
})

test('only what is set reaches the API', () => {
  assert.deepEqual(filterToApi(emptyFilter), { status: 'all' })
  assert.deepEqual(filterToApi({ ...emptyFilter, status: '4', shop: ['1'], from: '2026-01-01' }), { status: '4', shop: '1', date_basis: 'ordered_at', from: '2026-01-01' })
  assert.equal(conditionCount({ ...emptyFilter, q: 'a', from: '2026-01-01', to: '2026-01-02' }), 2)
  assert.deepEqual(withoutConditions({ ...emptyFilter, status: '4', q: 'a', mark: 'gift' }), { ...emptyFilter, status: '4' })
})

test('selection: toggle, range, all, gone rows', () => {
  const store = new SelectionStore()
  const order = ['a', 'b', 'c', 'd', 'e']
  let calls = 0
  const stop = store.subscribe(() => calls++)
  store.toggle('b')
  store.range(order, 'd')
  assert.deepEqual(store.list().sort(), ['b', 'c', 'd'])
  store.toggle('c')
  store.range(order, 'a')
  assert.deepEqual(store.list().sort(), ['d'])
  store.setAll(order)
  store.keepOnly(['a', 'z'])
  assert.deepEqual(store.list(), ['a'])
  store.clear()
  assert.equal(store.size(), 0)
  stop()
  const before = calls
  store.toggle('a')
  assert.equal(calls, before)
})

test('row cursor stays inside the list', () => {
  const store = new SelectionStore()
  assert.equal(store.move([], 1), null)
  assert.equal(store.move(['a', 'b'], 1), 'a')
  assert.equal(store.move(['a', 'b'], 1), 'b')
  assert.equal(store.move(['a', 'b'], 1), 'b')
  assert.equal(store.move(['a', 'b'], -5), 'a')
})

test('a conflict is what both sides changed differently', () => {
  const base = { memo: 'x', a: '1', b: '1' }
  assert.deepEqual(differences(base, { memo: 'theirs', a: '2', b: '1' }, { memo: 'mine', a: '1', b: '2' }), [{ field: 'memo', base: 'x', theirs: 'theirs', mine: 'mine' }])
  assert.deepEqual(differences(base, { ...base, memo: 'same' }, { ...base, memo: 'same' }), [])
  assert.deepEqual(merge(base, { memo: 'theirs', a: '2', b: '1' }, { memo: 'mine', a: '1', b: '2' }, { memo: 'mine' }), { memo: 'mine', a: '2', b: '2' })
  assert.equal(merge(base, { ...base, memo: 'theirs' }, { ...base, memo: 'mine' }, { memo: 'theirs' }).memo, 'theirs')
})

test('parcels go to the form and back without loss', () => {
  const value = shipValueOf([{ id: 'p1', carrier: 'yamato', shipments: [{ id: 's1', carrier: 'sagawa', tracking_number: '123', ship_date: '2026-11-23' }, { id: 's2' }] }, { id: 'p2', shipments: [] }])
  assert.deepEqual(unflatten(flatten(value), ['p1', 'p2']), value)
  assert.equal(isBlank({ id: '', carrier: 'yamato', tracking_number: '', ship_date: '' }, 'yamato'), true)
  assert.equal(isBlank({ id: '', carrier: 'sagawa', tracking_number: '', ship_date: '' }, 'yamato'), false)
  assert.deepEqual(toPackages({ p1: [{ id: '', carrier: 'yamato', tracking_number: '9', ship_date: '' }], p2: [{ id: '', carrier: '', tracking_number: '', ship_date: '' }] }, {}), [
    { package_id: 'p1', shipments: [{ carrier: 'yamato', tracking_number: '9', ship_date: null }] }, { package_id: 'p2', shipments: [] },
  ])
})

test('roles', () => {
  assert.equal(may('viewer', 'staff'), false)
  assert.equal(may('manager', 'staff'), true)
  assert.equal(may(undefined, 'viewer'), false)
})

test('how long a key lives', () => {
  assert.deepEqual(credentialLeft({ present: false }), { key: 'key.missing', days: 0, tone: 'red' })
  assert.deepEqual(credentialLeft({ present: true, days_left: 22, expiry_known: 'estimated' }), { key: 'key.about', days: 22, tone: 'grey' })
  assert.equal(credentialLeft({ present: true, days_left: 7 }).tone, 'red')
  assert.equal(credentialLeft({ present: true, days_left: 14 }).tone, 'yellow')
  assert.equal(credentialLeft({ present: true, days_left: 0 }).key, 'key.today')
  assert.equal(credentialLeft({ present: true, days_left: -3 }).key, 'key.past')
  assert.equal(credentialLeft({ present: true, days_left: null, expiry_known: 'none' }).key, 'key.none')
  assert.equal(credentialLeft({ present: true, days_left: null }).key, 'key.unknown')
})

test('drafts live without IndexedDB too', async () => {
  const key = draftKey('1', '2', 'memo')
  await writeDraft(key, { memo: 'x' })
  assert.deepEqual((await readDraft<{ memo: string }>(key))?.value, { memo: 'x' })
  await deleteDraft(key)
  assert.equal(await readDraft(key), undefined)
})

test('ids need no secure context', () => {
  assert.match(randomId(), /^[0-9a-f]{32}$/)
  assert.notEqual(randomId(), randomId())
})
