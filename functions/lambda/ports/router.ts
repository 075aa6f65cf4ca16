import type { Router } from '../../../shared/ports/router.ts'
import { onFirstCall } from '../on-first-call.ts'
import { clock } from '../ports.ts'

export const router = (): Router => ({
  isVersioned: false,
  ...onFirstCall(async () => (await import('../adapters/router.ts')).router(clock), ['apply', 'targets', 'dropUnused', 'check']),
})
