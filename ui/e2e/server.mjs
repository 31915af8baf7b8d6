// SPDX-License-Identifier: Apache-2.0
// A server that was just started still fetches: the malls answer slowly (Yahoo once a second).
const patience = 180_000

async function signIn(url, login, password) {
  const answer = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password, language: 'ja' }) })
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`)
  return answer.headers.get('set-cookie').split(';')[0]
}

/** Waits until every shop that is on has fetched once to the end; fails when one doesn't in time. */
export async function firstOrders(url, login, password) {
  const cookie = await signIn(url, login, password)
  const end = Date.now() + patience
  for (;;) {
    const answer = await fetch(`${url}/api/v1/shops/health`, { headers: { cookie } })
    if (!answer.ok) throw new Error(`health: ${answer.status} ${await answer.text()}`)
    const waiting = (await answer.json()).shops.filter((shop) => shop.enabled && !shop.last_success_at)
    if (!waiting.length) return
    if (Date.now() > end) throw new Error(`no fetch has ended at ${waiting.map((shop) => `${shop.shop} (${shop.last_run?.state ?? 'no run'})`).join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
