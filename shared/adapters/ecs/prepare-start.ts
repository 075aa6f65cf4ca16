import { FARGATE_LAUNCHES, REGISTRATIONS } from '../../domain/budget.ts'
import { parseStream } from '../../domain/commit.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { ComingStart, Unprepared } from '../../ports/runtime.ts'
import { type Capacity, type EcsOptions, isFargate, type ServiceOf } from './ecs-options.ts'
import { refusalOf, saidBy, sent } from './failure-rules.ts'
import type { Registration } from './task-definition.ts'
import type { TaskDefinitions } from './task-definitions.ts'
import { NotStored } from './task-environment.ts'
import { whyRefused } from './why-refused.ts'

type Tools = {
  readonly options: EcsOptions
  readonly definitions: TaskDefinitions
  readonly registration: (of: ServiceOf, spec: ServiceSpec) => Promise<Registration>
}

/** E2, T3: what stands before the intent: the definition, one registration a second, and the launches. @throws OutcomeUnknown */
export async function prepareStart(tools: Tools, spec: ServiceSpec, start: ComingStart | undefined): Promise<Unprepared | undefined> {
  const refused = await whyRefused(tools.options, spec, tools.options.blobs)
  if (refused || !start) return refused
  const { stack, service } = parseStream(start.stream)
  const waits = await ensureDefinition(tools, { stack, service }, spec)
  return waits ?? (await launches(tools.options, start.count))
}

/** What cannot be made is left to the start itself, whose refusal is a fact. */
async function ensureDefinition(tools: Tools, of: ServiceOf, spec: ServiceSpec): Promise<Unprepared | undefined> {
  const { definitions, options } = tools
  try {
    const registration = await tools.registration(of, spec)
    if (await definitions.find(registration)) return undefined
    if ((await options.budgets.take('registrations', 1, REGISTRATIONS)) < 1)
      return { waitsFor: 'registering its task definition (AWS takes one a second)' }
    await definitions.findOrRegister(registration)
    return undefined
  } catch (error) {
    if (error instanceof NotStored) return undefined
    const refusal = refusalOf(saidBy(error))
    if (refusal?.kind === 'throttled') return { waitsFor: `registering its task definition: ${refusal.message}` }
    return refusal ? undefined : sent('register the task definition', Promise.reject(error))
  }
}

async function launches({ budgets, capacity }: EcsOptions, count: number): Promise<Unprepared | undefined> {
  if (!isFargate(capacity)) return undefined
  const starts = await budgets.take(budgetName(capacity), count, FARGATE_LAUNCHES)
  return starts >= count ? undefined : { waitsFor: 'its turn: Fargate starts 20 tasks a second, after a first 100', starts }
}

/** AWS counts on-demand and Spot apart. */
const budgetName = (capacity: Capacity): string => {
  const isSpot = 'strategy' in capacity && capacity.strategy.some(item => item.capacityProvider === 'FARGATE_SPOT')
  return isSpot ? 'launches/FARGATE_SPOT' : 'launches/FARGATE'
}
