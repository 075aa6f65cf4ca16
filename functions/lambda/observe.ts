import { observe } from '../observe.ts'
import { logPorts } from './ports.ts'

export const handler = observe(logPorts())
