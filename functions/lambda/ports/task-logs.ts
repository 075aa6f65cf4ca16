import type { Runtime } from '../../../shared/ports/runtime.ts'
import { onFirstCall } from '../on-first-call.ts'

/** The runtime of who only reads what tasks said. */
export const taskLogs = (): Pick<Runtime, 'logs'> =>
  onFirstCall(async () => (await import('../adapters/task-logs.ts')).readTaskLogs(), ['logs'])
