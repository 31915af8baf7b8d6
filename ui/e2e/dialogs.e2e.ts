// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { call, checkAccessibility, checkQuiet, isMock, launch, openStatusMenu, picture, signIn, until, visit } from './harness'

let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

test('a move that reaches the malls names its consequences first', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=4')
  await page.locator('.table tbody input[type=checkbox]').first().click()
  await openStatusMenu(page)
  await page.keyboard.type('処理済')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: /処理済/ })
  await dialog.getByText('1件は伝票番号がないため反映されません').waitFor()
  await checkAccessibility(page, 'consequences')
  await picture(page, 'consequences')
  await dialog.getByRole('button', { name: 'やめる' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('1件選択中').waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('orders that are refused are named with their reasons', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=9')
  await page.locator('.table tbody input[type=checkbox]').first().click()
  await openStatusMenu(page)
  await page.keyboard.type('保留')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: '理由を見る' }).click()
  await page.getByText('キャンセル済みの注文は移動できません').waitFor()
  await checkAccessibility(page, 'refusals')
  await page.keyboard.press('Escape')
  assert.equal(await page.locator('tr.leaving').count(), 0)
  checkQuiet(complaints)
  await context.close()
})

test('cancelling says what reaches the mall', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=open')
  await page.locator('.order-no').first().click()
  await page.getByRole('button', { name: 'その他の操作' }).click()
  await page.getByRole('menuitem', { name: 'キャンセル…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').first().fill('お客様のご都合')
  await checkAccessibility(page, 'cancel here')
  const atMall = dialog.getByRole('checkbox')
  if (await atMall.count()) {
    await atMall.check()
    await dialog.getByText('この操作は取り消せません').waitFor()
    await checkAccessibility(page, 'cancel at the mall')
  }
  await picture(page, 'cancel')
  await dialog.getByRole('button', { name: 'やめる' }).click()
  await dialog.waitFor({ state: 'detached' })
  checkQuiet(complaints)
  await context.close()
})

test('accepting at the mall asks once and shows the obligation', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/orders?status=1&shop=101')
  await page.locator('.order-no').first().click()
  await page.getByRole('button', { name: '注文確認', exact: true }).click()
  await checkAccessibility(page, 'accept')
  await page.getByRole('button', { name: '注文確認を送信する' }).click()
  await page.getByText('注文確認を送信待ちにしました。').first().waitFor()
  await page.getByRole('region', { name: 'モールへの反映' }).locator('.badge', { hasText: '反映済' }).waitFor({ timeout: 15_000 })
  checkQuiet(complaints)
  await context.close()
})

test('a waiver needs a reason and stays visible', { skip: !isMock }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/writebacks?state=needs_person')
  await page.locator('.order-no').first().waitFor()
  await page.locator('.table tbody tr td').nth(4).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: '免除…' }).click()
  assert.equal(await dialog.getByRole('button', { name: '免除する' }).isDisabled(), true)
  await dialog.getByRole('textbox', { name: '免除の理由' }).fill('電話で連絡済み')
  await checkAccessibility(page, 'waive')
  await picture(page, 'waive')
  await dialog.getByRole('button', { name: '免除する' }).click()
  await dialog.getByText('電話で連絡済み').waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('by status, and a file that is checked before it is imported', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/fetch')
  await page.getByRole('button', { name: 'ステータス指定' }).click()
  await page.locator('.plain-fieldset input').first().check()
  await page.getByText('注文日の期間も指定する').click()
  await checkAccessibility(page, 'fetch by status')
  const file = page.getByRole('button', { name: 'ファイル', exact: true })
  if (isMock) {
    await file.click()
    await page.locator('input[type=file]').setInputFiles({ name: 'orders.csv', mimeType: 'text/csv', buffer: Buffer.from('受注番号,氏名\n330248-20261101-0000000077,髙橋\n,名前だけ\n') })
    await page.getByText(/確認結果\(2行\): 新規 1・更新 0・変更なし 0・失敗 1/).waitFor()
    await checkAccessibility(page, 'file import')
    await picture(page, 'import')
    await page.getByRole('button', { name: '1件を取り込む' }).click()
    await page.getByText(/2行を読み込みました/).waitFor()
  }
  checkQuiet(complaints)
  await context.close()
})

test('a shop is added, the password form and the look are reachable', async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/shops')
  await page.getByRole('button', { name: '店舗を追加' }).click()
  await page.getByRole('combobox', { name: 'モール' }).or(page.getByRole('textbox', { name: 'モール' })).first().click()
  await page.getByRole('option').first().click()
  await checkAccessibility(page, 'add shop')
  await picture(page, 'add-shop')
  await page.keyboard.press('Escape')
  await page.locator('.frame-head button').last().click()
  await page.getByRole('button', { name: '暗い' }).click()
  await page.waitForFunction(() => document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark')
  await page.getByRole('button', { name: 'ゆったり' }).click()
  await page.getByRole('button', { name: 'パスワード変更' }).click()
  await page.getByRole('dialog').getByLabel('新しいパスワード', { exact: true }).fill('short')
  await page.getByText('パスワードは12文字以上で入力してください').waitFor()
  await checkAccessibility(page, 'password, dark')
  await until('the look is kept', async () => {
    const kept = (await call(page, 'GET', '/me/preferences')).body as { color_scheme: string; density: string }
    return kept.color_scheme === 'dark' && kept.density === 'comfortable'
  })
  checkQuiet(complaints)
  await context.close()
})
