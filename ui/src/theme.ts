// SPDX-License-Identifier: Apache-2.0
import { createTheme, Drawer, Modal, Notification, PasswordInput, Pill, Popover, Select } from '@mantine/core'
import { translate, type Language } from './i18n'

/** The scroll lock and inline style tags of the kit would break the content security policy; labels are ours. */
export function theme(language: Language) {
  const close = { 'aria-label': translate(language, 'common.close') }
  return createTheme({
    cursorType: 'pointer',
    fontFamily: 'var(--mantine-font-family)',
    components: {
      Modal: Modal.extend({ defaultProps: { lockScroll: false, closeButtonProps: close, centered: true } }),
      Drawer: Drawer.extend({ defaultProps: { lockScroll: false, closeButtonProps: close, position: 'right' } }),
      Notification: Notification.extend({ defaultProps: { closeButtonProps: close } }),
      Pill: Pill.extend({ defaultProps: { removeButtonProps: close } }),
      Popover: Popover.extend({ defaultProps: { withinPortal: true } }),
      Select: Select.extend({ defaultProps: { checkIconPosition: 'right', allowDeselect: false } }),
      PasswordInput: PasswordInput.extend({ defaultProps: { visibilityToggleButtonProps: { 'aria-label': translate(language, 'login.show') } } }),
    },
  })
}
