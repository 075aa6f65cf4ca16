import type { Router } from '../../../shared/ports/router.ts'
import { onFirstCall } from '../on-first-call.ts'

export const router = (): Router => ({
  isVersioned: false,
  ...onFirstCall(async () => (await import('../adapters/router.ts')).router(), ['apply', 'targets', 'check']),
})
