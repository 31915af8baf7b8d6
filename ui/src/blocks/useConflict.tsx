// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core'
import { useCallback, useState } from 'react'
import { readOrder } from '../api/orders'
import { isConflict } from '../api/problem'
import type { Order, OrderChange } from '../api/types'
import { useT } from '../i18n'
import { differences, merge, type Difference, type Values } from '../lib/conflict'

type Choice = Record<string, 'theirs' | 'mine'>
type Save = {
  id: string; version: number; base: Values; mine: Values
  valuesOf: (order: Order) => Values
  send: (version: number, values: Values) => Promise<OrderChange>
  label: (field: string) => string
  show?: (field: string, value: string) => string
}
type Question = { differences: Difference[]; detail: string; label: Save['label']; show: NonNullable<Save['show']>; answer: (choice: Choice | null) => void }

/** Saves against the version that was read; when somebody else was faster, both values are shown and nothing typed is lost. */
export function useConflict() {
  const [question, setQuestion] = useState<Question | null>(null)

  const save = useCallback(async (work: Save): Promise<OrderChange | null> => {
    let { version, base, mine } = work
    for (;;) {
      try {
        return await work.send(version, mine)
      } catch (error) {
        if (!isConflict(error)) throw error
        const current = error.problem.current ?? await readOrder(work.id)
        const theirs = work.valuesOf(current)
        const found = differences(base, theirs, mine)
        let choice: Choice | null = {}
        if (found.length) {
          const detail = error.problem.detail
          choice = await new Promise<Choice | null>((answer) => setQuestion({ differences: found, detail, label: work.label, show: work.show ?? ((_field, value) => value), answer }))
          setQuestion(null)
        }
        if (!choice) return null
        mine = merge(base, theirs, mine, choice)
        base = theirs
        version = current.version
      }
    }
  }, [])

  return { save, dialog: question ? <ConflictDialog question={question} /> : null }
}

function ConflictDialog({ question }: { question: Question }) {
  const t = useT()
  const [choice, setChoice] = useState<Choice>(() => Object.fromEntries(question.differences.map((item) => [item.field, 'mine'])))
  return (
    <Modal opened onClose={() => question.answer(null)} title={t('conflict.title')} size="xl">
      <div className="stack">
        <p>{question.detail} {t('conflict.kept')}</p>
        {question.differences.map((item) => (
          <fieldset key={item.field} className="conflict">
            <legend>{question.label(item.field)}</legend>
            {(['theirs', 'mine'] as const).map((side) => (
              <label key={side} className="conflict-side" data-chosen={choice[item.field] === side}>
                <span className="line"><input type="radio" name={item.field} checked={choice[item.field] === side} onChange={() => setChoice({ ...choice, [item.field]: side })} /> <strong>{t(side === 'theirs' ? 'conflict.theirs' : 'conflict.mine')}</strong></span>
                <span className="conflict-value">{question.show(item.field, item[side]) || t('conflict.empty')}</span>
              </label>
            ))}
          </fieldset>
        ))}
        <div className="line">
          <Button size="sm" onClick={() => question.answer(choice)}>{t('conflict.save')}</Button>
          <Button size="sm" variant="default" onClick={() => question.answer(null)}>{t('conflict.back')}</Button>
        </div>
      </div>
    </Modal>
  )
}
