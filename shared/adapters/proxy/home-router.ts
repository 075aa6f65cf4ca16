import { parseStream, serviceStream } from '../../domain/commit.ts'
import type { Address } from '../../domain/fact.ts'
import type { PortProblem, Router, RouteSet } from '../../ports/router.ts'
import { accessLine } from './access-log.ts'
import { type FrontContext, portTaken } from './front.ts'
import { InternalPorts } from './internal-ports.ts'
import { Listeners } from './listeners.ts'
import { type Counters, type Load, RouteTable } from './route-table.ts'
import { type RouterOptions, type Settings, settingsOf } from './settings.ts'

export type HomeRouter = Router & {
  /**
   * Where a process of the stack finds a peer: a loopback address that leads to the ready tasks of `service` at their TCP port `port`. Made when
   * first asked for, then always the same.
   */
  internalAddress(stack: string, service: string, port: number): Promise<Address>
  /** Closes the internal addresses of a stack that is gone. */
  forgetInternal(stack: string): Promise<void>
  /**
   * The deadline of a target that left is over: ends its WebSockets (with close frame 1001), other upgraded connections, TCP connections and UDP flows.
   * Requests under way are left to the task's own stopping.
   */
  release(stream: string, id: string): void
  counters(stream: string): Counters
  load(stream: string): Load
  /** Stops listening and cuts what is open. */
  close(): Promise<void>
}

/** The reverse proxy of one machine: swaps a stream's whole set at a version (E4) and shows what is still open on targets that left (E5). */
export function createHomeRouter(options: RouterOptions): HomeRouter {
  const settings = settingsOf(options)
  const table = new RouteTable({ onDeath: settings.onTargetDeath, onDemand: settings.onDemand, rateWindowMs: settings.rateWindowMs })
  const contextOf = contexts(table, settings)
  const listeners = new Listeners(settings.bind, contextOf)
  const internal = new InternalPorts(contextOf, options.stateFile)
  return {
    isVersioned: true,
    async apply(stream: string, version: number, wanted: RouteSet): Promise<void> {
      if (!table.apply(stream, version, wanted)) return
      const problems = await listeners.settle(stream, () => table.fronts(stream))
      if (problems.length > 0) throw portTaken(problems)
    },
    targets: async (stream: string): Promise<readonly string[]> => table.ids(stream),
    check: (stack, fronts): Promise<readonly PortProblem[]> => listeners.check(stream => parseStream(stream).stack === stack, fronts),
    internalAddress: (stack, service, port) => internal.address(serviceStream(stack, service), port),
    forgetInternal: stack => internal.forget(stream => parseStream(stream).stack === stack),
    release: (stream, id) => table.release(stream, id),
    counters: stream => table.counters(stream),
    load: stream => table.load(stream),
    async close(): Promise<void> {
      await listeners.destroy()
      await internal.destroy()
    },
  }
}

function contexts(table: RouteTable, settings: Settings): (stream: string, port: () => string) => FrontContext {
  const { accessLog, clock } = settings
  const log: FrontContext['log'] = record => accessLog?.(accessLine(clock, record))
  return (stream, port) => ({ stream, port, table, settings, log })
}
