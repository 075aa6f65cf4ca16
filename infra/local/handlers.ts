import { api } from '../../functions/api.ts'
import { audit } from '../../functions/audit.ts'
import { autoscale } from '../../functions/autoscale.ts'
import { checkHealth } from '../../functions/check-health.ts'
import { conduct } from '../../functions/conduct.ts'
import { observe } from '../../functions/observe.ts'
import { project } from '../../functions/project.ts'
import { query } from '../../functions/query.ts'
import { reconcile } from '../../functions/reconcile.ts'
import { relay } from '../../functions/relay.ts'
import type { Admission, QuestionPorts } from '../../functions/routes/context.ts'
import { sweep } from '../../functions/sweep.ts'
import type { Ports } from '../../shared/application/ports.ts'
import type { FunctionRow, PortName } from '../function-table.ts'
import type { Invoke } from './queue.ts'

export type AllPorts = Ports & Admission & Pick<QuestionPorts, 'info'>

/** By name, as the function table has them; on AWS each stands in a Lambda of its own. */
const FACTORIES: Readonly<Record<string, (ports: AllPorts) => (event: never, context: never) => Promise<unknown>>> = {
  api,
  query,
  relay,
  project,
  conduct,
  reconcile,
  observe,
  sweep,
  'check-health': checkHealth,
  audit,
  autoscale,
} as never

/** A handler with just the ports of its row: what the table does not grant it cannot touch, at home as on AWS. */
export function handlerOf(row: FunctionRow, ports: AllPorts): (event: string) => Promise<string> {
  const factory = FACTORIES[row.name]
  if (!factory) throw new Error(`the function table names ${row.name}, and there is no such function`)
  const handler = factory({ ...grantedPorts(row, ports), hosts: row.ports.includes('tokens') ? ports.hosts : undefined } as AllPorts)
  const context = { functionName: row.name, awsRequestId: 'home', getRemainingTimeInMillis: () => row.timeout * 1_000 }
  return async event => JSON.stringify((await handler(JSON.parse(event) as never, context as never)) ?? null)
}

/** The ports of a row, and of some of them only those members that it names. */
export const grantedPorts = (row: FunctionRow, ports: AllPorts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(row.ports.map(name => [name, grantedOf(row, name, ports)]))

function grantedOf({ only }: FunctionRow, name: PortName, ports: AllPorts): unknown {
  const port = ports[name as keyof AllPorts] as Readonly<Record<string, unknown>> | undefined
  const members = (only as Readonly<Record<string, readonly string[] | undefined>> | undefined)?.[name]
  if (!port || !members) return port
  return Object.fromEntries(members.map(member => [member, typeof port[member] === 'function' ? port[member].bind(port) : port[member]]))
}

/** Every function of the table in this process. */
export function invokeInProcess(table: readonly FunctionRow[], ports: AllPorts): Invoke {
  const handlers = new Map(table.map(row => [row.name, handlerOf(row, ports)]))
  return (name, event) => {
    const handler = handlers.get(name)
    return handler ? handler(event) : Promise.reject(new Error(`no function ${name}`))
  }
}
