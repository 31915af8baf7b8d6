// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowed, isTyping, keepsKey, keyName } from '../src/lib/hotkeys'
import { isIme } from '../src/lib/ime'

const press = (key: string, more: object = {}) => ({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 0, ...more })
const input = { tagName: 'INPUT', type: 'text' }

test('names of keys', () => {
  assert.equal(keyName(press('J')), 'j')
  assert.equal(keyName(press(' ', { shiftKey: true })), 'Shift+Space')
  assert.equal(keyName(press('k', { ctrlKey: true })), 'Ctrl+k')
  assert.equal(keyName(press('k', { metaKey: true })), 'Ctrl+k')
  assert.equal(keyName(press('?', { shiftKey: true })), '?')
  assert.equal(keyName(press('ArrowDown', { shiftKey: true })), 'Shift+ArrowDown')
})

test('with the IME on, the code tells the key', () => {
  assert.equal(keyName(press('Process', { code: 'KeyM' })), 'm')
  assert.equal(keyName(press('Process', { code: 'Digit4' })), '4')
  assert.equal(keyName(press('Process', { code: 'BracketLeft' })), '[')
})

test('letters are silent inside inputs and during composition', () => {
  assert.equal(allowed(press('j', { target: input }), 'all'), false)
  assert.equal(allowed(press('Enter', { ctrlKey: true, target: input }), 'all'), true)
  assert.equal(allowed(press('Enter', { ctrlKey: true, target: input, isComposing: true }), 'all'), false)
  assert.equal(allowed(press('z', { ctrlKey: true, target: input }), 'all'), false)
  assert.equal(allowed(press('j', { target: { tagName: 'BODY' } }), 'all'), true)
  assert.equal(allowed(press('j', { target: { tagName: 'INPUT', type: 'checkbox' } }), 'all'), true)
  assert.equal(isTyping({ tagName: 'DIV', isContentEditable: true }), true)
})

test('letters can be switched off', () => {
  assert.equal(allowed(press('j'), 'modifiers'), false)
  assert.equal(allowed(press('k', { ctrlKey: true }), 'modifiers'), true)
  assert.equal(allowed(press('k', { ctrlKey: true }), 'none'), false)
  assert.equal(allowed(press('ArrowDown'), 'none'), true)
})

test('both signs of a composition', () => {
  assert.equal(isIme({ isComposing: true }), true)
  assert.equal(isIme({ isComposing: false, keyCode: 229 }), true)
  assert.equal(isIme({ nativeEvent: { isComposing: false, keyCode: 13 } }), false)
})

test('Enter and Space belong to what has focus', () => {
  const at = (selector: string | null) => ({ closest: () => selector })
  assert.equal(keepsKey('Enter', at('button')), true)
  assert.equal(keepsKey('Space', at('input')), true)
  assert.equal(keepsKey('Space', at(null)), false)
  assert.equal(keepsKey('j', at('button')), false)
  assert.equal(keepsKey('Enter', null), false)
})
