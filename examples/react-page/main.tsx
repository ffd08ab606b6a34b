import { createClient } from '@reelqueue/client'
import { ReelqueueProvider } from '@reelqueue/client/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'

/** Without an address and a key: the Worker that serves the page passes on what visitors may read. */
const client = createClient()

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <ReelqueueProvider client={client}>
      <App />
    </ReelqueueProvider>
  </StrictMode>,
)
