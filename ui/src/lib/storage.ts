// SPDX-License-Identifier: Apache-2.0

export type Draft<T> = { value: T; at: string }

/** Private windows and locked-down browsers have no IndexedDB; drafts then last as long as the tab. */
const memory = new Map<string, unknown>()
let opening: Promise<IDBDatabase | null> | undefined

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    if (typeof indexedDB === 'undefined') return resolve(null)
    const request = indexedDB.open('juchu', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('drafts')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => resolve(null)
    request.onblocked = () => resolve(null)
  })
  return opening
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<T | undefined> {
  const database = await open()
  if (!database) return undefined
  return new Promise((resolve) => {
    const request = work(database.transaction('drafts', mode).objectStore('drafts'))
    request.onsuccess = () => resolve(request.result as T)
    request.onerror = () => resolve(undefined)
  })
}

export function draftKey(user: string, order: string, form: string): string {
  return `${user}/${order}/${form}`
}

export async function readDraft<T>(key: string): Promise<Draft<T> | undefined> {
  return (memory.get(key) as Draft<T> | undefined) ?? run<Draft<T>>('readonly', (store) => store.get(key))
}

export async function writeDraft<T>(key: string, value: T): Promise<void> {
  const draft: Draft<T> = { value, at: new Date().toISOString() }
  memory.set(key, draft)
  await run('readwrite', (store) => store.put(draft, key))
}

export async function deleteDraft(key: string): Promise<void> {
  memory.delete(key)
  await run('readwrite', (store) => store.delete(key))
}
