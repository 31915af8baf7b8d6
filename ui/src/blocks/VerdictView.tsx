// SPDX-License-Identifier: Apache-2.0
// A verdict as a checklist that reads from top to bottom: the headline with at most two buttons,
// then every check with its mark, what could not be looked at, and what is in order.
import { useState } from 'react'
import type { Verdict } from '../api/types'
import { useLanguage, useT } from '../i18n'
import { count } from '../lib/money'
import { DiagnosisAction } from './DiagnosisAction'

const marks = { passed: '✔', failed: '✖', suspect: '▲', unknown: '？', not_applicable: '–' } as const
type Check = Verdict['checks'][number]

function words(check: Check, language: 'ja' | 'en') {
  return { text: (language === 'en' ? check.text_en : check.text_ja) ?? '', fix: (language === 'en' ? check.fix_en : check.fix_ja) ?? '' }
}

function Line({ check }: { check: Check }) {
  const t = useT()
  const language = useLanguage()
  const { text, fix } = words(check, language)
  return (
    <li className="check-line" data-state={check.state}>
      <span className="check-mark" role="img" aria-label={t(`diagnosis.state.${check.state}`)}>{marks[check.state]}</span>
      <span>{text}{fix && <span className="check-fix"> → {fix}</span>}</span>
      <span className="muted number check-id">{check.id}</span>
    </li>
  )
}

/** Plain words without personal data, fit for a mail to the mall's support. */
export function verdictAsText(verdict: Verdict, language: 'ja' | 'en') {
  const lines = verdict.checks.filter((check) => check.state !== 'not_applicable').map((check) => `${marks[check.state]} ${check.id} ${words(check, language).text}`)
  return [language === 'en' ? verdict.text_en : verdict.text_ja, [verdict.shop, verdict.order_no].filter(Boolean).join(' '), ...lines].join('\n')
}

export function VerdictView({ verdict, brief = false, onActed }: { verdict: Verdict; brief?: boolean; onActed: () => void }) {
  const t = useT()
  const language = useLanguage()
  const [open, setOpen] = useState(false)
  const headline = verdict.checks.find((check) => check.id === verdict.headline)
  const rest = verdict.checks.filter((check) => check !== headline && (check.state === 'failed' || check.state === 'suspect' || check.state === 'unknown'))
  const passed = verdict.checks.filter((check) => check.state === 'passed')
  const first = verdict.actions.filter((action) => action.check === verdict.headline)
  const others = verdict.actions.filter((action) => action.check !== verdict.headline)
  const shown = [...first, ...others].slice(0, 2)
  const text = language === 'en' ? verdict.text_en : verdict.text_ja
  return (
    <div className="verdict">
      <div className="verdict-headline" data-state={headline ? 'failed' : verdict.unknown ? 'unknown' : 'passed'} role="status">
        <span className="check-mark" aria-hidden="true">{headline ? marks.failed : verdict.unknown ? marks.unknown : marks.passed}</span>
        <div>
          <strong>{text}</strong>
          {headline && words(headline, language).fix && <div>→ {words(headline, language).fix}</div>}
          {shown.length > 0 && <div className="line verdict-actions">{shown.map((action, at) => <DiagnosisAction key={`${action.check}${action.kind}`} action={action} verdict={verdict} primary={at === 0} onDone={onActed} />)}</div>}
        </div>
      </div>
      {!brief && (
        <>
          {rest.length > 0 && <ul className="check-list">{rest.map((check) => <Line key={check.id} check={check} />)}</ul>}
          <details className="check-passed" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{t('diagnosis.passedCount', { n: count(passed.length) })}</summary>
            <ul className="check-list">{passed.map((check) => <Line key={check.id} check={check} />)}</ul>
          </details>
          <p className="muted">{verdict.unknown === 0 ? t('diagnosis.unknownNone') : t('diagnosis.unknownSome', { n: count(verdict.unknown) })}</p>
        </>
      )}
    </div>
  )
}
