// SPDX-License-Identifier: Apache-2.0
import '@mantine/core/styles/default-css-variables.css'
import '@mantine/core/styles/baseline.css'
import '@mantine/core/styles/global.css'
import '@mantine/core/styles/UnstyledButton.css'
import '@mantine/core/styles/ActionIcon.css'
import '@mantine/core/styles/Button.css'
import '@mantine/core/styles/CloseButton.css'
import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Group.css'
import '@mantine/core/styles/InlineInput.css'
import '@mantine/core/styles/Input.css'
import '@mantine/core/styles/Checkbox.css'
import '@mantine/core/styles/Loader.css'
import '@mantine/core/styles/Menu.css'
import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Drawer.css'
import '@mantine/core/styles/Notification.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Paper.css'
import '@mantine/core/styles/PasswordInput.css'
import '@mantine/core/styles/Popover.css'
import '@mantine/core/styles/ScrollArea.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import '@mantine/core/styles/Radio.css'
import '@mantine/dates/styles.css'
import '@mantine/notifications/styles.css'
import './theme.css'
import './frame.css'
import './parts/parts.css'
import './screens/screens.css'
import { MantineProvider } from '@mantine/core'
import { DatesProvider } from '@mantine/dates'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider, keepPreviousData } from '@tanstack/react-query'
import 'dayjs/locale/ja'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { isOffline } from './api/problem'
import { App } from './App'
import { currentLanguage, useLanguage } from './i18n'
import { Boundary } from './parts/States'
import { theme } from './theme'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 0,
      placeholderData: keepPreviousData,
      retry: (failures, error) => isOffline(error) && failures < 3,
    },
    mutations: { retry: false },
  },
})

function Root() {
  const language = useLanguage()
  return (
    <MantineProvider theme={theme(language)} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false} deduplicateInlineStyles>
      <DatesProvider settings={{ locale: language, firstDayOfWeek: 0 }}>
        <Notifications position="top-right" limit={4} className="toasts" />
        <QueryClientProvider client={queries}>
          <Boundary><App /></Boundary>
        </QueryClientProvider>
      </DatesProvider>
    </MantineProvider>
  )
}

document.documentElement.lang = currentLanguage()
const element = document.getElementById('root')
if (element) createRoot(element).render(<StrictMode><Root /></StrictMode>)
