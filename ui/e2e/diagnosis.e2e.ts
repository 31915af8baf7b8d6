// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { call, checkAccessibility, checkQuiet, checkTexts, isMock, launch, picture, signIn, visit } from './harness'

// The mock knows no malls to ask.
const skip = isMock
let browser: Browser
before(async () => { browser = await launch() })
after(() => browser.close())

type Page1 = { orders: { order_no: string; shop_id: string }[] }
type Shops = { shops: { id: string; name: string; mall: string }[] }

test('an order that is here is found, however its number is typed', { skip }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/diagnosis')
  const { body } = await call(page, 'GET', '/orders?limit=1') as { body: Page1 }
  const number = body.orders[0]?.order_no
  assert.ok(number)
  await checkAccessibility(page, 'diagnosis')
  await checkTexts(page, 'diagnosis')
  await page.getByRole('textbox', { name: '受注番号' }).fill(`　${number.replaceAll('-', 'ー')} `)
  await page.keyboard.press('Enter')
  await page.locator('.verdict').waitFor()
  assert.match(await page.locator('.verdict-headline').innerText(), new RegExp(`注文${number}は.*取り込み済みです`))
  await page.getByText('問題のない確認').click()
  await page.getByRole('button', { name: '根拠を見る' }).click()
  await page.locator('pre.evidence').waitFor()
  assert.doesNotMatch(await page.locator('pre.evidence').innerText(), /SL_demo|SP_demo/)
  await checkAccessibility(page, 'verdict')
  await picture(page, 'diagnosis')
  await page.getByRole('button', { name: '注文を開く' }).click()
  await page.getByRole('heading', { name: number }).waitFor()
  checkQuiet(complaints)
  await context.close()
})

test('a number that the mall does not have, and a shop that works', { skip }, async () => {
  const { page, context, complaints } = await visit(browser)
  await signIn(page, '/diagnosis')
  const { body } = await call(page, 'GET', '/shops') as { body: Shops }
  const shop = body.shops.find((item) => item.mall === 'rakuten')
  assert.ok(shop)
  await page.getByRole('textbox', { name: '受注番号' }).fill('999001-20250101-0000000001')
  await page.getByRole('button', { name: '診断する' }).click()
  await page.getByText('モールに注文999001-20250101-0000000001はありません').first().waitFor()
  await page.getByRole('radio', { name: 'この店舗の注文が止まった' }).check()
  await page.getByPlaceholder('自動判定').click()
  await page.getByRole('option', { name: shop.name }).click()
  await page.getByRole('button', { name: '診断する' }).click()
  await page.locator('.verdict-headline[data-state=passed]').waitFor()
  await page.getByText('確認できる範囲に問題は見つかりませんでした。').first().waitFor()
  // An earlier verdict opens from its link.
  await page.getByRole('link', { name: '999001-20250101-0000000001' }).first().click()
  await page.locator('.verdict-headline[data-state=failed]').waitFor()
  checkQuiet(complaints)
  await context.close()
})
