// SPDX-License-Identifier: Apache-2.0
// なぜ？: the quick answer from what is known here, at once; the full one asks the mall.
import { Button, Popover } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { api, take } from '../api/client'
import { useSession } from '../api/session'
import type { DiagnosisQuestion, Verdict } from '../api/types'
import { useT } from '../i18n'
import { may } from '../lib/permissions'
import { messageOf } from '../parts/toast'
import { VerdictView } from './VerdictView'

export function WhyButton({ question, shop, orderNo, what }: { question: DiagnosisQuestion; shop?: string; orderNo?: string; what: string }) {
  const t = useT()
  const [, navigate] = useLocation()
  const [opened, setOpened] = useState(false)
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  if (!may(useSession().user.role, 'staff')) return null
  const ask = async () => {
    setOpened(true)
    setFailure(null)
    try {
      setVerdict((await take(api.POST('/diagnoses', { body: { question, local: true, ...(shop && { shop }), ...(orderNo && { order_no: orderNo }) } }))).verdict)
    } catch (error) {
      setFailure(error)
    }
  }
  const query = new URLSearchParams({ question, ...(shop && { shop }), ...(orderNo && { order_no: orderNo }), run: '1' })
  return (
    <Popover opened={opened} onChange={setOpened} width={440} position="bottom-start" withArrow shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className="plain-button nowrap" aria-label={t('diagnosis.whyOf', { what })} aria-expanded={opened} onClick={() => (opened ? setOpened(false) : void ask())}>{t('diagnosis.why')}</button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack">
          <div role="alert">{failure !== null && <div className="notice" data-tone="red">{messageOf(failure)}</div>}</div>
          {verdict && <VerdictView verdict={verdict} brief onActed={() => setOpened(false)} />}
          <Button size="xs" variant="default" onClick={() => navigate(`/diagnosis?${query}`)}>{t('diagnosis.more')}</Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
