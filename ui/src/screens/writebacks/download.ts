// SPDX-License-Identifier: Apache-2.0
import type { ShipFile } from '../../api/types'

/** Starts the download of a file that is kept at the server; nothing changes there by it. */
export function downloadLink(file: ShipFile) {
  const link = document.createElement('a')
  link.href = `/api/v1/ship-files/${file.id}/content`
  link.download = file.file_name
  document.body.append(link)
  link.click()
  link.remove()
}
