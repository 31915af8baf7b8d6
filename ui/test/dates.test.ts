// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDays, dayOf, dayToInstant, formatDay, formatFull, formatTime, isDay, minutesToText, parseDay, rangeOf, setZone } from '../src/lib/dates'

const today = '2026-11-23'

test('dates are understood as staff type them', () => {
  for (const [typed, day] of [
    ['7/3', '2026-07-03'], ['0703', '2026-07-03'], ['20260703', '2026-07-03'], ['2026-07-03', '2026-07-03'], ['2026/7/3', '2026-07-03'],
    ['7月3日', '2026-07-03'], ['２０２６年７月３日', '2026-07-03'], ['７/３', '2026-07-03'], ['昨日', '2026-11-22'], ['今日', today], ['明日', '2026-11-24'], ['yesterday', '2026-11-22'],
  ] as const) assert.equal(parseDay(typed, today), day, typed)
})

test('what is no date is refused, not guessed', () => {
  for (const typed of ['', '13/1', '2/30', '2026-02-29', 'abc', '703', '99999999']) assert.equal(parseDay(typed, today), null, typed)
  assert.equal(parseDay('2028-02-29', today), '2028-02-29')
  assert.equal(isDay('2026-11-31'), false)
})

test('the shop’s midnight decides the day', () => {
  assert.equal(dayOf(new Date('2026-11-22T14:59:59Z')), '2026-11-22')
  assert.equal(dayOf(new Date('2026-11-22T15:00:00Z')), '2026-11-23')
  assert.equal(dayToInstant('2026-11-23'), '2026-11-22T15:00:00Z')
  assert.equal(dayToInstant('2026-11-23', true), '2026-11-23T14:59:59Z')
})

test('the zone follows the company', () => {
  setZone('UTC')
  assert.equal(dayOf(new Date('2026-11-22T15:00:00Z')), '2026-11-22')
  assert.equal(dayToInstant('2026-11-23'), '2026-11-23T00:00:00Z')
  setZone('Asia/Tokyo')
})

test('ranges', () => {
  assert.deepEqual(rangeOf('week', today), ['2026-11-17', today])
  assert.deepEqual(rangeOf('last_month', '2026-03-05'), ['2026-02-01', '2026-02-28'])
  assert.equal(addDays('2026-12-31', 1), '2027-01-01')
})

test('times are as short as they can be understood', () => {
  const now = new Date('2026-11-23T03:00:00Z')
  assert.equal(formatTime('2026-11-23T01:42:00Z', now), '10:42')
  assert.equal(formatTime('2026-11-20T00:20:00Z', now), '11/20 09:20')
  assert.equal(formatTime('2025-11-20T00:20:00Z', now), '2025/11/20 09:20')
  assert.equal(formatFull('2026-11-22T15:00:00Z'), '2026/11/23 00:00:00')
  assert.equal(formatTime(null), '')
  assert.equal(formatDay(today, 'ja'), '2026/11/23(月)')
  assert.equal(formatDay(today, 'en'), '2026/11/23 Mon')
  assert.equal(minutesToText(2940, 'ja'), '2日 1時間')
  assert.equal(minutesToText(42, 'en'), '42 min')
})
