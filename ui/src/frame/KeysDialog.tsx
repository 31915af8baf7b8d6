// SPDX-License-Identifier: Apache-2.0
import { Modal } from '@mantine/core'
import { useT, type MessageKey } from '../i18n'

const rows: [string[], MessageKey][] = [
  [['/', 'Ctrl+K'], 'keys.search'], [['G O', 'G F', 'G W', 'G S', 'G ,'], 'keys.go'], [['?'], 'keys.list'],
  [['↑', '↓', 'K', 'J'], 'keys.cursor'], [['Enter', 'O'], 'keys.open'], [['Space', 'X'], 'keys.tick'], [['Shift+Space', 'Shift+↑↓'], 'keys.range'],
  [['Ctrl+A'], 'keys.all'], [['Esc'], 'keys.escape'], [['1', '…', '9', '0'], 'keys.tab'], [['[', ']'], 'keys.beside'], [['M'], 'keys.move'],
  [['T'], 'keys.tracking'], [['N'], 'keys.memo'], [['Ctrl+S'], 'keys.save'], [['Ctrl+Enter'], 'keys.ship'], [['R'], 'keys.reload'], [['Z'], 'keys.undo'], [['C'], 'keys.copy'],
]

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT()
  return (
    <Modal opened={open} onClose={onClose} title={t('person.keyList')}>
      <table className="keys">
        <tbody>
          {rows.map(([names, label]) => (
            <tr key={label}><td><span className="line">{names.map((name) => <kbd key={name}>{name}</kbd>)}</span></td><td>{t(label)}</td></tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}
