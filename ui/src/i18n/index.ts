// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react'
import { en } from './en'
import { ja } from './ja'

export type Language = 'ja' | 'en'
export type MessageKey = keyof typeof ja
type Values = Record<string, string | number>
const dictionaries: Record<Language, Record<MessageKey, string>> = { ja, en }

function initial(): Language {
  try {
    const kept = localStorage.getItem('juchu-language')
    if (kept === 'ja' || kept === 'en') return kept
  } catch {
    // Storage may be refused; the default serves.
  }
  return 'ja'
}

let language: Language = typeof localStorage === 'undefined' ? 'ja' : initial()
const listeners = new Set<() => void>()

export function currentLanguage(): Language {
  return language
}

export function setLanguage(next: Language) {
  if (next === language) return
  language = next
  document.documentElement.lang = next
  try {
    localStorage.setItem('juchu-language', next)
  } catch {
    // The person's preference on the server still holds.
  }
  for (const listener of listeners) listener()
}

export function translate(lang: Language, key: MessageKey, values?: Values): string {
  const text: string = dictionaries[lang][key]
  if (!values) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}

export type Translate = (key: MessageKey, values?: Values) => string
const translators: Record<Language, Translate> = {
  ja: (key, values) => translate('ja', key, values),
  en: (key, values) => translate('en', key, values),
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage)
}

export function useT(): Translate {
  return translators[useLanguage()]
}
