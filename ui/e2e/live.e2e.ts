// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { call, checkAccessibility, checkQuiet, draftKept, isMock, launch, listening, picture, signIn, visit } from './harness'

let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('another person’s move shows in the row and in the counts without a reload', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page)
  await page.locator('.order-no').first().waitFor()
  await listening(page)
  const name = await page.locator('.order-no').first().innerText()
  const id = (await page.locator('.order-no').first().getAttribute('href'))?.match(/orders\/(\w+)/)?.[1] ?? ''
  const statuses = (await call(page, 'GET', '/work-statuses')).body as { work_statuses: { id: string; role: string; name: string }[] }
  const hold = statuses.work_statuses.find((status) => status.name === '確認待ち')
  assert.ok(hold)
  const moved = await call(page, 'POST', '/orders/bulk', { action: 'move', work_status: hold.id, ids: [id] })
  assert.equal(moved.status, 200)
  await page.locator('tr.leaving', { hasText: name }).waitFor()
  const undo = (moved.body as { undo: { token: string } }).undo
  assert.equal((await call(page, 'POST', `/undo/${undo.token}`)).status, 200)
  await page.locator('tr.leaving').waitFor({ state: 'detached' })
  checkQuiet(complaints)
  await context.close()
})

test('new orders wait behind a bar until they are asked for', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page)
  await page.locator('.order-no').first().waitFor()
  await listening(page)
  const first = await page.locator('.order-no').first().innerText()
  const now = new Date().toISOString()
  await call(page, 'POST', '/shops/101/fetch', { from: now, to: now })
  await page.getByText('新しい注文 1件を表示').waitFor({ timeout: 15_000 })
  assert.equal(await page.locator('.order-no').first().innerText(), first)
  await page.locator('.table-scroll').focus()
  await page.keyboard.press('r')
  await page.getByText('新しい注文').waitFor({ state: 'detached' })
  checkQuiet(complaints)
  await context.close()
})

test('all results of a query are selected by the query, with the count that was seen', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  await page.locator('.order-no').first().waitFor()
  await page.locator('.table-scroll').focus()
  await page.keyboard.press('Control+a')
  await page.getByRole('button', { name: /条件に合う[\d,]+件すべてを選択/ }).click()
  const total = await page.locator('.list-foot [role=status]').innerText()
  await page.getByText(`${total.split('件')[0]}件選択中`).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.bulk').waitFor({ state: 'detached' })
  checkQuiet(complaints)
  await context.close()
})

test('a viewer sees everything and can change nothing', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders', 'etsuran@example.jp')
  await page.locator('.table tbody input[type=checkbox]').first().click()
  assert.equal(await page.getByRole('button', { name: 'ステータス移動' }).isDisabled(), true)
  await page.keyboard.press('Escape')
  await page.locator('.order-no').first().click()
  assert.equal(await page.getByRole('button', { name: '出荷する(反映)' }).isDisabled(), true)
  assert.equal(await page.locator('[data-tracking]').first().isDisabled(), true)
  await checkAccessibility(page, 'order for a viewer')
  checkQuiet(complaints)
  await context.close()
})

test('twice as large, everything is still reachable', async () => {
  const { page, context, complaints } = await visit(browser, { width: 720, height: 450 })
  await signIn(page)
  await page.locator('.order-no').first().waitFor()
  await picture(page, 'orders-large')
  await page.locator('.order-no').first().click()
  await page.locator('#memo').scrollIntoViewIfNeeded()
  await checkAccessibility(page, 'order, twice as large')
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true)
  checkQuiet(complaints)
  await context.close()
})

test('while the server is away, the screen says so, keeps what was typed, and comes back by itself', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=4')
  await page.locator('.order-no').first().click()
  await page.locator('#memo').fill('切れている間のメモ')
  await draftKept(page, '切れている間のメモ')
  await context.setOffline(true)
  await page.getByRole('button', { name: 'メモを保存' }).click()
  await page.getByText('サーバーに接続できません。入力内容は保存されています。').first().waitFor()
  assert.equal(await page.locator('#memo').inputValue(), '切れている間のメモ')
  await context.setOffline(false)
  await page.getByRole('button', { name: 'メモを保存' }).click()
  await page.getByText('メモを保存しました').waitFor()
  checkQuiet(complaints.filter((item) => !item.text.includes('ERR_INTERNET_DISCONNECTED')))
  await context.close()
})
