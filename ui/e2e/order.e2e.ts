// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { call, checkAccessibility, checkQuiet, checkTexts, draftKept, launch, listening, picture, signIn, visit } from './harness'

let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

type Found = { id: string; version: number; order_no: string; memo: string }

/** An order that may be shipped, whichever work status the data has it in. */
async function shippable(page: Page, skip = 0): Promise<Found> {
  const { body } = await call(page, 'GET', '/orders?status=open&limit=200')
  const orders = (body as { orders: (Found & { order_state: string; payment_state: string; destination_count: number; tracking_numbers: string[]; hold: boolean })[] }).orders
  const fit = orders.filter((order) => ['authorized', 'paid', 'due_after_ship'].includes(order.payment_state) && ['accepted', 'new'].includes(order.order_state) && order.destination_count === 1 && !order.tracking_numbers.length && !order.hold)
  const accepted = fit.filter((order) => order.order_state === 'accepted')
  const found = (accepted.length > skip ? accepted : fit)[skip]
  assert.ok(found, 'the data has an order that may be shipped')
  return found
}

async function openOrder(page: Page, order: Found) {
  await page.evaluate((id) => { history.pushState(null, '', `/orders/${id}?status=all`); window.dispatchEvent(new PopStateEvent('popstate')) }, order.id)
  await page.locator('.order-title', { hasText: order.order_no }).waitFor()
}

test('every block of the order is there', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  await page.locator('.order-no').first().click()
  await page.locator('.order-screen').waitFor()
  for (const name of ['状態', '注文者', '金額', 'ひとことメモ', '履歴', 'モールへの反映']) await page.getByRole('region', { name, exact: true }).waitFor()
  await page.locator('.history li').first().waitFor()
  await checkAccessibility(page, 'order')
  await checkTexts(page, 'order')
  await picture(page, 'order')
  await page.getByRole('button', { name: '次の注文' }).click()
  await page.waitForFunction(() => document.querySelector('.order-head .number')?.textContent?.startsWith('2/') || document.querySelector('.order-head .number')?.textContent === '2')
  await page.getByRole('button', { name: 'その他の操作' }).click()
  await page.getByRole('menuitem', { name: 'モールの元データ' }).click()
  await page.locator('pre.raw').or(page.getByText('保存されている元データはありません')).waitFor()
  await page.getByRole('menu').waitFor({ state: 'detached' })
  await checkAccessibility(page, 'raw data')
  checkQuiet(complaints)
  await context.close()
})

test('two parcels are entered, the number survives a reload before saving', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  const order = await shippable(page)
  await openOrder(page, order)
  await page.keyboard.press('t')
  await page.keyboard.type('４００１－２３４５－６７８６')
  await page.keyboard.press('Enter')
  assert.equal(await page.locator('[data-tracking]').first().inputValue(), '400123456786')
  await page.getByRole('button', { name: '+ 個口を追加' }).click()
  await page.locator('[data-tracking]').nth(1).fill('400123456790')
  await draftKept(page, '400123456790')
  await page.reload()
  await page.getByText(/入力途中の内容を復元しました/).waitFor()
  assert.equal(await page.locator('[data-tracking]').nth(1).inputValue(), '400123456790')
  for (const at of [0, 1]) {
    const carrier = page.locator('.parcel-carrier input').nth(at)
    if (!await carrier.inputValue()) {
      await carrier.click()
      await page.getByRole('option', { name: /ヤマト/ }).click()
    }
    const date = page.locator('.parcel .parcel-date input').nth(at)
    if (!await date.inputValue()) {
      await date.fill('今日')
      await date.blur()
    }
  }
  await checkAccessibility(page, 'order with shipping data typed')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await page.getByText('出荷情報を保存しました').waitFor()
  await page.locator('.history', { hasText: '出荷情報を入力しました' }).waitFor()
  await picture(page, 'order-saved')
  const after = await call(page, 'GET', `/orders/${order.id}`)
  const numbers = (after.body as { packages: { shipments: { tracking_number: string }[] }[] }).packages.flatMap((item) => item.shipments.map((parcel) => parcel.tracking_number))
  assert.deepEqual(numbers.sort(), ['400123456786', '400123456790'])
  checkQuiet(complaints)
  await context.close()
})

test('shipping makes an obligation to the mall that is shown with its state', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  const order = await shippable(page, 1)
  await openOrder(page, order)
  await page.locator('[data-tracking]').first().fill('400123456801')
  await page.locator('[data-tracking]').first().blur()
  const carrier = page.locator('.parcel-carrier input').first()
  if (!await carrier.inputValue()) {
    await carrier.click()
    await page.getByRole('option', { name: /ヤマト/ }).click()
  }
  await page.keyboard.press('Control+Enter')
  await page.getByText(/出荷を登録しました|まだ反映できません/).waitFor()
  await openOrder(page, order)
  await page.getByRole('region', { name: 'モールへの反映' }).getByText('発送報告').first().waitFor()
  await page.getByRole('region', { name: 'モールへの反映' }).getByRole('button', { name: '詳細' }).first().click()
  await page.getByRole('dialog').getByText('送信と確認の記録').waitFor()
  await checkAccessibility(page, 'write-back of the order')
  checkQuiet(complaints)
  await context.close()
})

test('when somebody else was faster, both memos are shown and nothing is lost', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=all')
  const order = await shippable(page, 2)
  await openOrder(page, order)
  await listening(page)
  await page.locator('#memo').fill('わたしのメモ')
  const now = (await call(page, 'GET', `/orders/${order.id}`)).body as Found
  const theirs = await call(page, 'PATCH', `/orders/${order.id}`, { memo: 'ほかの人のメモ' }, { 'If-Match': `"${now.version}"` })
  assert.equal(theirs.status, 200)
  await page.locator('.history', { hasText: 'ほかの人のメモ' }).waitFor()
  assert.equal(await page.locator('#memo').inputValue(), 'わたしのメモ')
  await page.getByRole('button', { name: 'メモを保存' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('ほかの人のメモ').waitFor()
  await dialog.getByText('わたしのメモ').waitFor()
  await checkAccessibility(page, 'conflict')
  await picture(page, 'conflict')
  await dialog.getByRole('button', { name: '入力に戻る' }).click()
  assert.equal(await page.locator('#memo').inputValue(), 'わたしのメモ')
  await page.getByRole('button', { name: 'メモを保存' }).click()
  await dialog.getByRole('button', { name: '選んだ内容で保存' }).click()
  await page.getByText('メモを保存しました').waitFor()
  const after = (await call(page, 'GET', `/orders/${order.id}`)).body as Found
  assert.equal(after.memo, 'わたしのメモ')
  await page.locator('.history', { hasText: 'ほかの人のメモ' }).waitFor()
  checkQuiet(complaints)
  await context.close()
})
