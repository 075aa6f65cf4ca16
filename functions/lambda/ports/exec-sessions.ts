import type { ExecSessions } from '../../../shared/ports/exec-sessions.ts'
import { onFirstCall } from '../on-first-call.ts'

export const execSessions = (): ExecSessions =>
  onFirstCall(async () => (await import('../adapters/exec-sessions.ts')).execSessions(), ['open'])
