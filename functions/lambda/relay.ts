import { relay } from '../relay.ts'
import { bus } from './ports.ts'

export const handler = relay({ bus: bus() })
