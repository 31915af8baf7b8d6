// SPDX-License-Identifier: Apache-2.0
import type { Writeback } from '../api/types'
import { useLanguage, useT } from '../i18n'
import * as vocabulary from '../i18n/vocabulary'
import { formatFull, formatTime } from '../lib/dates'
import { WritebackBadge } from '../parts/Badges'

/** The obligations of one order: what is owed, where it stands, why. */
export function WritebackTable({ writebacks, onOpen }: { writebacks: Writeback[]; onOpen: (id: string) => void }) {
  const t = useT()
  const language = useLanguage()
  return (
    <div className="simple-scroll">
      <table className="simple">
        <thead>
          <tr><th scope="col">{t('writebacks.aspect')}</th><th scope="col">{t('writebacks.payload')}</th><th scope="col">{t('writebacks.state')}</th><th scope="col">{t('common.reason')}</th><th scope="col" className="number">{t('writebacks.attempts')}</th><th scope="col">{t('writebacks.next')}</th><th scope="col"><span className="offscreen">{t('common.actions')}</span></th></tr>
        </thead>
        <tbody>
          {writebacks.map((item) => (
            <tr key={item.id}>
              <td className="nowrap">{vocabulary.writebackAspect[item.aspect][language]}</td>
              <td>{item.payload_summary}</td>
              <td><WritebackBadge state={item.state} />{item.verified_at && <div className="muted" title={formatFull(item.verified_at)}>{formatTime(item.verified_at)}</div>}</td>
              <td><Reasons item={item} /></td>
              <td className="number">{item.attempts}</td>
              <td className="nowrap">{formatTime(item.next_attempt_at) || '—'}</td>
              <td className="nowrap"><button type="button" className="plain-button" onClick={() => onOpen(item.id)}>{t('common.detail')}</button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function Reasons({ item }: { item: Pick<Writeback, 'reasons' | 'mall_shows' | 'waived_by' | 'waived_reason'> }) {
  const t = useT()
  return (
    <>
      {item.reasons?.map((reason) => <div key={reason.code}>{reason.detail}</div>)}
      {item.mall_shows && <div>{t('writebacks.mallShows', { value: item.mall_shows })}</div>}
      {item.waived_reason && <div>{t('writebacks.waivedBy', { who: item.waived_by ?? '', why: item.waived_reason })}</div>}
    </>
  )
}
