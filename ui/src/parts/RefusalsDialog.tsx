// SPDX-License-Identifier: Apache-2.0
import { Modal } from '@mantine/core'
import { Link } from 'wouter'
import type { Refusal } from '../api/types'
import { useT } from '../i18n'

export function RefusalsDialog({ refusals, onClose }: { refusals: Refusal[]; onClose: () => void }) {
  const t = useT()
  return (
    <Modal opened={refusals.length > 0} onClose={onClose} title={t('orders.refusedTitle', { n: refusals.length })} size="lg">
      <div className="simple-scroll">
        <table className="simple">
          <thead><tr><th scope="col">{t('order.orderNo')}</th><th scope="col">{t('common.reason')}</th></tr></thead>
          <tbody>
            {refusals.map((refusal) => (
              <tr key={refusal.id}>
                <td className="nowrap"><Link href={`/orders/${refusal.id}`} onClick={onClose}>{refusal.order_no ?? refusal.id}</Link></td>
                <td>{refusal.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Modal>
  )
}
