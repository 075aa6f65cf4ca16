import type { Probe } from '../../domain/probe.ts'
import type { ProbedTask } from '../../ports/probing.ts'
import { OutcomeUnknown, type Runtime } from '../../ports/runtime.ts'
import { failed, late, PASSED, type Tried } from './tried.ts'
import { tryGrpc } from './try-grpc.ts'
import { tryHttp } from './try-http.ts'
import { tryTcp } from './try-tcp.ts'

export type Execute = NonNullable<Runtime['exec']>

const LONGEST_WHY = 200

/** From outside of the task, but for a command. Undefined when it could not be tried (the engine is away), which says nothing. */
export async function tryProbe(task: Pick<ProbedTask, 'id' | 'addresses'>, probe: Probe, execute: Execute): Promise<Tried | undefined> {
  if (probe.exec) return tryCommand(task.id, probe.exec, probe.timeout, execute)
  const port = (probe.http ?? probe.tcp ?? probe.grpc)!.port
  const address = task.addresses[`${port}/tcp`]
  if (!address) return failed(`port ${port} has no address outside of the task`)
  if (probe.http) return tryHttp(address, probe.http, probe.timeout)
  return probe.grpc ? tryGrpc(address, probe.grpc, probe.timeout) : tryTcp(address, probe.timeout)
}

/** Its output is not told: it may hold secrets, and stays with whoever runs the command by hand. */
export async function tryCommand(id: string, command: readonly string[], timeoutMs: number, execute: Execute): Promise<Tried | undefined> {
  try {
    const { code, problem } = await execute(id, command, timeoutMs)
    if (code === 0) return PASSED
    if (problem !== undefined) return failed(problem.slice(0, LONGEST_WHY))
    return code === undefined ? late(timeoutMs) : failed(`exit code ${code}`)
  } catch (error) {
    if (error instanceof OutcomeUnknown) return undefined
    throw error
  }
}
