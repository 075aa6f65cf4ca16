import type { Alarms } from '../../../shared/ports/alarms.ts'
import type { Metrics } from '../../../shared/ports/metrics.ts'
import { onFirstCall } from '../on-first-call.ts'
import { clock } from '../ports.ts'

export const metrics = (): Metrics => onFirstCall(async () => (await import('../adapters/metrics.ts')).metrics(clock), ['read'])

export const alarms = (): Alarms =>
  onFirstCall(async () => (await import('../adapters/metrics.ts')).alarms(clock), ['apply', 'applyAll', 'on'])
