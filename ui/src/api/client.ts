// SPDX-License-Identifier: Apache-2.0
import createClient from 'openapi-fetch'
import { currentLanguage } from '../i18n'
import { randomId } from '../lib/ids'
import { ProblemError } from './problem'
import type { paths } from './schema'
import { buildSeen, currentSession, waitForLogin } from './session'
import type { Problem } from './types'

const base = '/api/v1'

function dress(request: Request) {
  request.headers.set('Accept-Language', currentLanguage())
  const token = currentSession()?.csrf_token
  if (request.method !== 'GET' && token) request.headers.set('X-CSRF-Token', token)
}

async function send(request: Request): Promise<Response> {
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', randomId())
  for (;;) {
    const copy = request.clone()
    dress(copy)
    const response = await fetch(copy)
    buildSeen(response.headers.get('X-Juchu-Build'))
    const isSession = new URL(request.url).pathname === `${base}/session`
    if (response.status !== 401 || isSession || !currentSession()) return response
    await waitForLogin()
  }
}

export const api = createClient<paths>({ baseUrl: base, fetch: send })

type Answer<T> = { data?: T; error?: unknown; response: Response }

export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw new ProblemError(asProblem(error, response.status))
  return data as T
}

/** Settings come with an ETag; a change sends it back as If-Match, so that nobody undoes another's work unseen. */
export type Tagged<T> = { data: T; tag: string }

export async function takeTagged<T>(answer: Promise<Answer<T>>): Promise<Tagged<T>> {
  const { data, error, response } = await answer
  if (!response.ok) throw new ProblemError(asProblem(error, response.status))
  return { data: data as T, tag: response.headers.get('ETag') ?? '' }
}

export const ifMatch = (tag: string) => (tag ? { 'If-Match': tag } : {})

function asProblem(error: unknown, status: number): Problem {
  if (error && typeof error === 'object' && 'detail' in error && 'code' in error) return error as Problem
  const detail = currentLanguage() === 'ja' ? 'サーバーの応答を読み取れませんでした。' : 'The server’s answer could not be read.'
  return { title: 'Unreadable answer', status, code: 'unreadable', detail }
}

/** One file, or two where the mall has one with the orders and one with their items (in any order). */
export async function uploadFiles(shop: string, mode: 'dry-run' | 'import', files: File[]) {
  const [first, second] = files
  const form = new FormData()
  if (first) form.append('file', first)
  if (second) form.append('items', second)
  return take(api.POST('/imports', {
    params: { query: { shop, mode, file_name: first?.name } },
    headers: second ? {} : { 'Content-Type': 'text/csv' },
    body: (second ? form : first) as unknown as string,
    bodySerializer: (body) => body as unknown as BodyInit,
  }))
}
