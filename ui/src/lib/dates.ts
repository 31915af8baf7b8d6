// SPDX-License-Identifier: Apache-2.0

let zone = 'Asia/Tokyo'

export function setZone(name: string) {
  zone = name
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function parts(at: Date): Record<string, string> {
  let formatter = formatters.get(zone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
      hour: '2-digit', minute: '2-digit', second: '2-digit',
    })
    formatters.set(zone, formatter)
  }
  const out: Record<string, string> = {}
  for (const part of formatter.formatToParts(at)) out[part.type] = part.value
  return out
}

/** The shop's calendar day of an instant, as YYYY-MM-DD. */
export function dayOf(at: Date): string {
  const p = parts(at)
  return `${p.year}-${p.month}-${p.day}`
}

export function addDays(day: string, count: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + count)
  return at.toISOString().slice(0, 10)
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** Staff type dates faster than they click: 7/3, 0703, 20260703, 2026-07-03, full width, 昨日. */
export function parseDay(input: string, today: string): string | null {
  const text = input.normalize('NFKC').trim().replace(/[年月./]/g, '-').replace(/日$/, '')
  const words: Record<string, number> = { 今: 0, 今日: 0, today: 0, 昨: -1, 昨日: -1, yesterday: -1, 明: 1, 明日: 1, tomorrow: 1 }
  const offset = words[input.trim().toLowerCase()] ?? words[text.toLowerCase()]
  if (offset !== undefined) return addDays(today, offset)
  const year = today.slice(0, 4)
  const two = (value: string | undefined) => (value ?? '').padStart(2, '0')
  let match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  let day: string | null = null
  if (match) day = `${match[1]}-${two(match[2])}-${two(match[3])}`
  else if ((match = /^(\d{4})(\d{2})(\d{2})$/.exec(text))) day = `${match[1]}-${match[2]}-${match[3]}`
  else if ((match = /^(\d{1,2})-(\d{1,2})$/.exec(text))) day = `${year}-${two(match[1])}-${two(match[2])}`
  else if ((match = /^(\d{2})(\d{2})$/.exec(text))) day = `${year}-${match[1]}-${match[2]}`
  return day && isDay(day) ? day : null
}

const weekdays = { ja: ['日', '月', '火', '水', '木', '金', '土'], en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] }

export function formatDay(day: string | null | undefined, language: 'ja' | 'en', withWeekday = true): string {
  if (!day) return ''
  const at = new Date(`${day}T00:00:00Z`)
  const weekday = weekdays[language][at.getUTCDay()]
  const plain = day.replaceAll('-', '/')
  if (!withWeekday) return plain
  return language === 'ja' ? `${plain}(${weekday})` : `${plain} ${weekday}`
}

/** As short as it can be understood: time today, month and day this year, else the whole date. */
export function formatTime(iso: string | null | undefined, now: Date = new Date()): string {
  if (!iso) return ''
  const at = parts(new Date(iso))
  const current = parts(now)
  const clock = `${at.hour}:${at.minute}`
  if (at.year === current.year && at.month === current.month && at.day === current.day) return clock
  if (at.year === current.year) return `${Number(at.month)}/${Number(at.day)} ${clock}`
  return `${at.year}/${at.month}/${at.day} ${clock}`
}

export function formatFull(iso: string | null | undefined): string {
  if (!iso) return ''
  const at = parts(new Date(iso))
  return `${at.year}/${at.month}/${at.day} ${at.hour}:${at.minute}:${at.second}`
}

/** First or last instant of a day in the shop's zone, for the API's times. */
export function dayToInstant(day: string, end = false): string {
  const guess = new Date(`${day}T${end ? '23:59:59' : '00:00:00'}Z`)
  const shown = parts(guess)
  const wall = Date.UTC(Number(shown.year), Number(shown.month) - 1, Number(shown.day), Number(shown.hour), Number(shown.minute), Number(shown.second))
  return new Date(guess.getTime() - (wall - guess.getTime())).toISOString().replace('.000', '')
}

export type RangeName = 'today' | 'yesterday' | 'week' | 'month' | 'last_month'

export function rangeOf(name: RangeName, today: string): [string, string] {
  const first = today.slice(0, 8) + '01'
  switch (name) {
    case 'today': return [today, today]
    case 'yesterday': return [addDays(today, -1), addDays(today, -1)]
    case 'week': return [addDays(today, -6), today]
    case 'month': return [first, today]
    case 'last_month': {
      const last = addDays(first, -1)
      return [last.slice(0, 8) + '01', last]
    }
  }
}

export function minutesToText(minutes: number, language: 'ja' | 'en'): string {
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor((minutes % 1440) / 60)
  const rest = Math.round(minutes % 60)
  const units = language === 'ja' ? ['日', '時間', '分'] : [' d', ' h', ' min']
  if (days) return hours ? `${days}${units[0]} ${hours}${units[1]}` : `${days}${units[0]}`
  if (hours) return rest ? `${hours}${units[1]} ${rest}${units[2]}` : `${hours}${units[1]}`
  return `${rest}${units[2]}`
}
