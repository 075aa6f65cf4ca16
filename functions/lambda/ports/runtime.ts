import type { Runtime } from '../../../shared/ports/runtime.ts'
import { onFirstCall } from '../on-first-call.ts'
import { clock } from '../ports.ts'
import { secrets } from './secrets.ts'

/** What drives tasks. What only plans ask for is in plans.ts. */
export const runtime = (): Runtime => ({
  name: 'ecs',
  watch: () => ({ close: () => {} }), // ECS tells by its own events, which `observe` reads
  ...onFirstCall(
    async () => (await import('../adapters/runtime.ts')).runtime({ clock, secrets: secrets() }),
    ['prepare', 'start', 'stop', 'lookup', 'list', 'logs', 'collect', 'keepNetworks', 'removeStack'],
  ),
})
