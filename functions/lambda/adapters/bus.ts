import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { createBus } from '../../../shared/adapters/eventbridge/bus.ts'
import type { Ports } from '../../../shared/application/ports.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const bus = (): Ports['bus'] => createBus({ client: new EventBridgeClient(PATIENCE), bus: told('bus') })
