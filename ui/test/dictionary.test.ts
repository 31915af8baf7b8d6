// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { en } from '../src/i18n/en'
import { translate } from '../src/i18n'
import { ja } from '../src/i18n/ja'
import { vocabularies } from '../src/i18n/vocabulary'

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name)
    return statSync(file).isDirectory() ? sources(file) : /\.(ts|tsx)$/.test(name) && name !== 'schema.ts' ? [file] : []
  })
}

test('both languages have the same keys and the same blanks to fill', () => {
  assert.deepEqual(Object.keys(en).sort(), Object.keys(ja).sort())
  for (const key of Object.keys(ja) as (keyof typeof ja)[]) {
    assert.deepEqual(names(en[key]), names(ja[key]), key)
    assert.notEqual(ja[key].trim(), '', key)
    assert.notEqual(en[key].trim(), '', key)
  }
})

test('English has no Japanese left in it', () => {
  for (const [key, text] of Object.entries(en)) assert.doesNotMatch(text, /[\u3040-\u30ff\u4e00-\u9fff]/, key)
})

test('every value of every enumeration has a label in both languages', () => {
  for (const [name, labels] of Object.entries(vocabularies)) {
    for (const [value, label] of Object.entries(labels)) {
      assert.ok(label.ja, `${name}.${value}`)
      assert.doesNotMatch(label.en, /[\u3040-\u30ff\u4e00-\u9fff]/, `${name}.${value}`)
    }
  }
})

test('blanks are filled, unknown ones stay visible', () => {
  assert.equal(translate('ja', 'orders.selected', { n: 5 }), '5件選択中')
  assert.equal(translate('en', 'orders.selected', {}), '{n} selected')
})

test('every key is used and no file is longer than 300 lines', () => {
  const files = sources('src').filter((file) => !file.includes(`${path.sep}i18n${path.sep}`))
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const stems = [...text.matchAll(/`([a-zA-Z_]+(?:\.[a-zA-Z_]+)*)\.\$\{/g)].map((match) => `${match[1]}.`)
  const unused = Object.keys(ja).filter((key) => !text.includes(`'${key}'`) && !stems.some((stem) => key.startsWith(stem)))
  assert.deepEqual(unused, [])
  for (const file of sources('src')) {
    const lines = readFileSync(file, 'utf8').split('\n')
    assert.ok(lines.length <= 300, `${file}: ${lines.length} lines`)
    assert.equal(lines[0], '// SPDX-License-Identifier: Apache-2.0', file)
  }
})

test('lib knows only lib, and a screen never another screen', () => {
  for (const file of sources('src/lib')) assert.doesNotMatch(readFileSync(file, 'utf8'), /from '\.\.\//, file)
  for (const file of sources('src/screens')) {
    const own = file.split(path.sep)[2]
    for (const match of readFileSync(file, 'utf8').matchAll(/from '\.\.\/(\w+)\//g)) assert.equal(match[1], own, file)
  }
})
