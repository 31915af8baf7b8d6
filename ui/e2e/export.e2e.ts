// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { checkAccessibility, checkQuiet, checkTexts, isMock, launch, picture, settled, signIn, visit } from './harness'

let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('shipments go into a file that can be had again and taken back', { skip: !isMock && 'needs the sample data' }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/writebacks')
  await page.getByRole('button', { name: 'ファイルに書き出す', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('.figure').first().waitFor()
  await settled(page)
  await checkAccessibility(page, 'export preview')
  await checkTexts(page, 'export preview')
  await picture(page, 'export-preview')
  const make = dialog.getByRole('button', { name: /件のファイルを作成する/ })
  assert.ok(await make.isEnabled(), 'the sample data owes something to Rakuten')
  const [download] = await Promise.all([page.waitForEvent('download'), make.click()])
  const first = await readFile(await download.path(), 'utf8')
  assert.match(first, /^注文番号\r\n/)
  await dialog.getByText(/件のファイル .* を作成しました/).waitFor()
  await checkAccessibility(page, 'export made')
  // Escape closes; the tab of files has it, with the same bytes.
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: '作成したファイル' }).click()
  await page.locator('[data-ship-files] tbody tr').first().waitFor()
  await checkAccessibility(page, 'files made')
  await checkTexts(page, 'files made')
  await picture(page, 'export-files')
  const [again] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /もう一度ダウンロード/ }).first().click()])
  assert.equal(await readFile(await again.path(), 'utf8'), first)
  await page.getByRole('button', { name: /は登録していない/ }).first().click()
  await page.getByRole('button', { name: '書出し前に戻す' }).click()
  await page.getByText('取消済').first().waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('rows that fail come back as a file', { skip: !isMock && 'needs the sample data' }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/fetch')
  await page.getByRole('button', { name: 'CSVファイル', exact: true }).or(page.getByRole('button', { name: /ファイル/ })).first().click()
  await page.locator('input[type=file]').first().setInputFiles({ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from('受注番号,氏名\n330248-20261101-0000000077,髙橋\n,名前だけ\n') })
  await page.getByText(/確認結果/).waitFor()
  await page.getByRole('button', { name: /を取り込む$/ }).click()
  await page.getByText(/行を読み込みました/).waitFor()
  await checkAccessibility(page, 'import with failures')
  await checkTexts(page, 'import with failures')
  await picture(page, 'import-failed')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '失敗した行をダウンロード' }).click()])
  const failed = await readFile(await download.path(), 'utf8')
  assert.equal(failed, '受注番号,氏名\r\n,名前だけ')
  // Mended, by the keyboard: the field has the focus again.
  await page.getByRole('button', { name: '直したファイルを取り込む' }).click()
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement && document.activeElement.type === 'file')
  await page.locator('input[type=file]').first().setInputFiles({ name: 'mended.csv', mimeType: 'text/csv', buffer: Buffer.from('受注番号,氏名\n330248-20261101-0000000078,名前だけ\n') })
  await page.getByText(/失敗 0/).waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('both files of a pair have a field of their own', { skip: !isMock && 'needs the sample data' }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/fetch?shop=102')
  await page.getByRole('button', { name: /ファイル/ }).first().click()
  await page.getByText('商品データ(CSV)', { exact: true }).waitFor()
  assert.equal(await page.locator('input[type=file]').count(), 2)
  await checkAccessibility(page, 'pair of files')
  checkQuiet(complaints)
  await context.close()
})

test('auction orders have a filter of their own', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  await settled(page)
  await page.getByRole('button', { name: '注文経路' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Yahoo!オークション' }).click()
  await page.waitForURL(/channel=auction/)
  await settled(page)
  await checkAccessibility(page, 'auction filter')
  checkQuiet(complaints)
  await context.close()
})
