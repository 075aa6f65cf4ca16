import { relay } from '../relay.ts'
import { bus } from './adapters/bus.ts'

export const handler = relay({ bus: bus() })
