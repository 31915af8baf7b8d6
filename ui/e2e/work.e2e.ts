// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { checkAccessibility, checkQuiet, checkTexts, launch, picture, settled, signIn, visit } from './harness'

let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('a range is fetched with live progress and an outcome per order', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/fetch')
  await page.getByRole('region', { name: '手動で取り込む' }).waitFor()
  await checkAccessibility(page, 'fetch form')
  await checkTexts(page, 'fetch form')
  await page.getByLabel('取得開始日', { exact: true }).fill('昨日')
  await page.getByLabel('取得開始日', { exact: true }).press('Enter')
  await page.getByRole('button', { name: '取り込む', exact: true }).click()
  const result = page.getByRole('region', { name: '取込の結果' })
  await result.waitFor()
  await page.waitForFunction(() => ['done', 'partial'].includes(document.querySelector('[data-run]')?.getAttribute('data-run') ?? ''), undefined, { timeout: 60_000 })
  await result.locator('tbody tr').first().or(result.locator('p.card-body')).first().waitFor()
  await checkAccessibility(page, 'fetch result')
  await picture(page, 'fetch')
  await page.getByRole('tab', { name: '実行履歴' }).click()
  await page.locator('tbody tr').first().waitFor()
  await checkAccessibility(page, 'fetch runs')
  await page.locator('tbody tr a').first().click()
  await page.getByRole('region', { name: '取込の結果' }).waitFor()
  for (const name of ['取得外の注文', '抜けている期間']) {
    await page.getByRole('tab', { name }).click()
    await checkAccessibility(page, name)
  }
  checkQuiet(complaints)
  await context.close()
})

test('order numbers that the mall does not have are named', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/fetch?numbers=330248-20990101-9999999999')
  await page.getByRole('button', { name: '取り込む', exact: true }).click()
  await page.waitForFunction(() => ['done', 'partial', 'failed'].includes(document.querySelector('[data-run]')?.getAttribute('data-run') ?? ''), undefined, { timeout: 60_000 })
  await page.getByRole('region', { name: '取込の結果' }).getByText('330248-20990101-9999999999').first().waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('nothing is sent before its list was seen', async () => {
  const { page, context, complaints } = await visit(browser)
  let sent = 0
  page.on('request', (request) => { if (request.url().endsWith('/writebacks/run')) sent++ })
  await signIn(page, '/writebacks')
  await page.getByRole('tab', { name: /未反映/ }).waitFor()
  await settled(page)
  await checkAccessibility(page, 'write-backs')
  await checkTexts(page, 'write-backs')
  await picture(page, 'writebacks')
  await page.getByRole('button', { name: '送信前チェック', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('.figure').first().waitFor()
  await checkAccessibility(page, 'preview')
  await picture(page, 'preview')
  assert.equal(sent, 0)
  const run = dialog.getByRole('button', { name: /件を送信する/ })
  if (await run.isEnabled()) {
    await run.click()
    await dialog.getByText(/件の結果が出ました/).waitFor()
    await dialog.locator('.badge', { hasText: /反映済|送信済|要対応|拒否|結果待ち/ }).first().waitFor({ timeout: 60_000 })
    assert.equal(sent, 1)
    await checkAccessibility(page, 'results of sending')
    await picture(page, 'sent')
  }
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: /すべて/ }).click()
  await settled(page)
  checkQuiet(complaints)
  await context.close()
})

test('the health of each shop, its keys and its connection test', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/shops')
  await page.locator('table.shops tbody tr').first().waitFor()
  await checkAccessibility(page, 'shops')
  await checkTexts(page, 'shops')
  await picture(page, 'shops')
  await page.locator('table.shops tbody tr').first().getByRole('button', { name: /詳細/ }).click()
  const drawer = page.getByRole('dialog')
  await drawer.getByRole('button', { name: '接続テスト' }).click()
  await drawer.getByRole('region', { name: '接続テスト' }).waitFor({ timeout: 70_000 })
  await drawer.getByRole('button', { name: /更新する|入力する/ }).first().click()
  await checkAccessibility(page, 'shop')
  await picture(page, 'shop')
  checkQuiet(complaints)
  await context.close()
})
