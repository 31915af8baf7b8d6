// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, yen } from '../src/lib/money'
import { checkDigitOk, formatZip, hasFullWidth, isDamagedNumber, looksLikeOrderNumber, normaliseNumber, normaliseTracking, splitOrderNumbers } from '../src/lib/normalise'

test('numbers arrive full width and with any hyphen', () => {
  assert.equal(normaliseNumber('３３０２４８−２０２６１１２３−０００１'), '330248-20261123-0001')
  assert.equal(normaliseTracking('４００１-２３４５ー６７８９'), '400123456789')
  assert.equal(normaliseTracking(' ab-12 '), 'AB12')
})

test('numbers that a spreadsheet destroyed are recognised', () => {
  assert.equal(isDamagedNumber('4.00123E+11'), true)
  assert.equal(isDamagedNumber('４．００１２３Ｅ＋１１'), true)
  assert.equal(isDamagedNumber('400123456789'), false)
})

test('check digits of the three carriers', () => {
  assert.equal(checkDigitOk('yamato', '400123456780'), 40012345678n % 7n === 0n)
  const body = '40012345678'
  const good = body + String(BigInt(body) % 7n)
  assert.equal(checkDigitOk('yamato', good), true)
  assert.equal(checkDigitOk('sagawa', body + String((BigInt(body) % 7n + 1n) % 7n)), false)
  assert.equal(checkDigitOk('seino', '1'), true)
  assert.equal(checkDigitOk(null, '1'), true)
})

test('pasted order numbers', () => {
  assert.deepEqual(splitOrderNumbers('a-1\r\na-2,a-3\ta-1　a-4'), ['a-1', 'a-2', 'a-3', 'a-4'])
  assert.deepEqual(splitOrderNumbers('  '), [])
  assert.equal(looksLikeOrderNumber('330248-20261123-0000000001'), true)
  assert.equal(looksLikeOrderNumber('髙橋'), false)
  assert.equal(looksLikeOrderNumber('12'), false)
})

test('small things', () => {
  assert.equal(formatZip('1500001'), '150-0001')
  assert.equal(formatZip('EC1A 1BB'), 'EC1A 1BB')
  assert.equal(hasFullWidth('ａbc'), true)
  assert.equal(hasFullWidth('a@b.jp'), false)
  assert.equal(yen(1234567, 'ja'), '1,234,567円')
  assert.equal(yen(0, 'en'), '¥0')
  assert.equal(yen(null, 'ja'), '未確定')
  assert.equal(count(1284), '1,284')
})
