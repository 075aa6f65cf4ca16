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
import { sweep } from '../../functions/sweep.ts'
import type { FunctionRow } from '../../infra/function-table.ts'
import type { AllPorts } from '../../infra/local/handlers.ts'

const FACTORIES = {
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
} as unknown as Readonly<Record<string, (ports: AllPorts) => (event: unknown, context: unknown) => Promise<unknown>>>

/** Event and answer as JSON text, as they are on AWS. */
export type Handler = (event: string) => Promise<string>

/**
 * A function of the table with just the ports that its row grants. The context tells no remaining time: the wrapper would set a real timer by
 * it, and how long a run may take is the simulator's to say.
 */
export function handlerFor(row: FunctionRow, ports: AllPorts): Handler {
  const factory = FACTORIES[row.name]
  if (!factory) throw new Error(`the function table names ${row.name}, and the simulator does not know it`)
  const granted = Object.fromEntries(row.ports.map(name => [name, ports[name]]))
  const handler = factory(granted as unknown as AllPorts)
  return async event => JSON.stringify((await handler(JSON.parse(event), { functionName: row.name, awsRequestId: 'simulated' })) ?? null)
}
