// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const root = process.env.JUCHU_UI_ROOT ?? process.cwd()
export const base = process.env.JUCHU_URL ?? process.env.JUCHU_MOCK_URL ?? ''
/** The sample data of the mock: known people, known new orders. */
export const isMock = process.env.JUCHU_URL === undefined
export const login = process.env.JUCHU_LOGIN ?? 'tencho@example.jp'
export const password = process.env.JUCHU_PASSWORD ?? 'juchu-mock-password'
const axeSource = readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

export type Complaint = { kind: string; text: string }
export type Visit = { page: Page; context: BrowserContext; complaints: Complaint[] }

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })
}

/** Expected refusals are network facts, not faults of the page; Chromium still prints them. */
function expected(text: string): boolean {
  return /status of (401|409|412|422|429|503)/.test(text)
}

export async function visit(browser: Browser, options: { width?: number; height?: number; locale?: string; scheme?: 'light' | 'dark' } = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: options.width ?? 1440, height: options.height ?? 900 }, locale: options.locale ?? 'ja-JP', timezoneId: 'Asia/Tokyo', colorScheme: options.scheme ?? 'light' })
  const page = await context.newPage()
  page.setDefaultTimeout(8000)
  const complaints: Complaint[] = []
  page.on('console', (message) => { if (message.type() === 'error' && !expected(message.text())) complaints.push({ kind: 'console', text: message.text() }) })
  page.on('pageerror', (error) => complaints.push({ kind: 'exception', text: String(error) }))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(base) && !url.startsWith('data:') && !url.startsWith('blob:')) complaints.push({ kind: 'foreign request', text: url })
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`csp violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`))
    window.addEventListener('unhandledrejection', (event) => console.error(`unhandled rejection: ${String(event.reason)}`))
  })
  return { page, context, complaints }
}

/** Signs in beside the page and resets what is remembered, so that no test depends on another. */
export async function signIn(page: Page, at = '/orders', as = login) {
  const answer = await page.request.post(`${base}/api/v1/session`, { data: { login: as, password, language: 'ja' } })
  assert.equal(answer.status(), 200, await answer.text())
  const session = await answer.json() as { csrf_token: string }
  const kept = await page.request.put(`${base}/api/v1/me/preferences`, { data: { language: 'ja' }, headers: { 'X-CSRF-Token': session.csrf_token } })
  assert.equal(kept.status(), 200, await kept.text())
  await page.goto(base + at)
  await page.locator('.frame').waitFor()
}

type Violation = { id: string; impact: string; help: string; nodes: { target: string[]; failureSummary: string }[] }

/** Asks until the answer is yes: waitForFunction takes any promise for a yes. */
export async function until(what: string, ask: () => Promise<boolean>, milliseconds = 8000) {
  const end = Date.now() + milliseconds
  while (!await ask()) {
    assert.ok(Date.now() < end, `${what}: still not so after ${milliseconds} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Until nothing is loading and no dialog is still fading in: what a person would see after a moment. */
export async function settled(page: Page) {
  await until('the screen is at rest', () => page.evaluate(() => new Promise<boolean>((resolve) => {
    const moving = () => document.getAnimations().some((item) => item.playState === 'running' && Number(item.effect?.getComputedTiming().endTime) < 2000)
    let quiet = 0
    const frame = () => {
      if (moving() || document.querySelector('.loading')) return resolve(false)
      quiet += 1
      if (quiet > 6) return resolve(true)
      requestAnimationFrame(frame)
    }
    frame()
  })))
}

/** What somebody else does is announced only to streams that are open. */
export async function listening(page: Page) {
  await page.locator('.frame[data-live=true]').waitFor()
}

/** Typed text is kept for a reload a moment after the last key. */
export async function draftKept(page: Page, text: string) {
  await until(`a draft with ${text}`, () => page.evaluate((wanted) => new Promise<boolean>((resolve) => {
    const opening = indexedDB.open('juchu')
    opening.onerror = () => resolve(false)
    opening.onsuccess = () => {
      const reading = opening.result.transaction('drafts').objectStore('drafts').getAll()
      reading.onerror = () => resolve(false)
      reading.onsuccess = () => {
        resolve(JSON.stringify(reading.result).includes(wanted))
        opening.result.close()
      }
    }
  }), text))
}

/** M opens the menu of statuses, which is typed into once its field has the focus. */
export async function openStatusMenu(page: Page) {
  await page.keyboard.press('m')
  await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement && document.activeElement.closest('.mantine-Popover-dropdown') !== null)
}

/** Serious and critical faults fail; the summary names the element. */
export async function checkAccessibility(page: Page, where: string) {
  await settled(page)
  await page.evaluate(axeSource)
  const violations = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (context: Document | Element, options: object) => Promise<{ violations: Violation[] }> } }).axe
    // What lies behind an open dialog can't be reached and is looked at without it.
    const context = document.querySelector('[role=dialog][aria-modal=true]') ?? document
    return (await axe.run(context, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations
  })
  const lines = violations.map((item) => `${item.impact} ${item.id}: ${item.help}\n   ${item.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} — ${node.failureSummary.split('\n').slice(0, 3).join(' ')}`).join('\n   ')}`)
  assert.equal(lines.length, 0, `${where}\n${lines.join('\n')}`)
}

/** An untranslated key looks like `orders.selected` and must never reach the screen. */
export async function checkTexts(page: Page, where: string) {
  const text = await page.locator('body').innerText()
  const keys = text.match(/\b(common|orders|order|ship|fetch|writebacks|shops|filter|frame|preview|key|gaps|listings)\.[a-z]\w+\b/g)
  assert.equal(keys, null, `${where}: ${keys?.join(', ')}`)
}

export function checkQuiet(complaints: Complaint[]) {
  assert.deepEqual(complaints, [])
}

export async function picture(page: Page, name: string) {
  await settled(page)
  const folder = path.join(root, 'e2e/artefacts')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

/** A call beside the page, in the same session: somebody else at work. */
export async function call(page: Page, method: string, place: string, body?: object, headers: Record<string, string> = {}) {
  return page.evaluate(async ({ method, place, body, headers }) => {
    const session = await (await fetch('/api/v1/session')).json() as { csrf_token: string }
    const response = await fetch(`/api/v1${place}`, { method, headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf_token, ...headers }, ...(body && { body: JSON.stringify(body) }) })
    return { status: response.status, body: response.status === 204 ? null : await response.json() }
  }, { method, place, body, headers })
}
