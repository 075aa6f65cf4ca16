import { createConnection, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Address } from '../../domain/fact.ts'
import type { FrontContext } from './front.ts'
import type { Lease } from './lease.ts'

/** `late`: no target came in time. `full`: too many wait already. `gone`: the client left. */
export type NoTarget = 'late' | 'full' | 'gone'

type Call = {
  readonly signal: AbortSignal
  /** The connection can be closed in one direction alone. */
  readonly isHalfOpen?: boolean
  /** Called in the same turn in which the target was seen to be present, so that a swap cannot come between. */
  readonly use: (socket: Socket, lease: Lease) => void
}

/**
 * Connects to a target; one that refuses is passed over, since nothing was sent to it. Waits for one while there is none. A new connection
 * each time: one kept from an earlier request can die under the next, which must then not be repeated.
 * @returns undefined when `use` was called
 */
export async function connectTarget(context: FrontContext, call: Call): Promise<NoTarget | undefined> {
  const { table, settings, stream } = context
  const began = performance.now()
  let waitMs = 0
  while (!call.signal.aborted) {
    const lease = table.pick(stream, context.port())
    if (!lease) {
      const holds = table.holds(stream)
      if (table.waiting(stream) >= (holds?.most ?? settings.queueLimit)) return 'full'
      // The longest that was allowed since it came: who waited for a stream to wake is not sent away when it does.
      waitMs = Math.max(waitMs, holds?.waitMs ?? settings.waitMs)
      if (await table.wait(stream, began + waitMs - performance.now(), call.signal)) continue
      return call.signal.aborted ? 'gone' : 'late'
    }
    const socket = await connect(lease.address, settings.connectMs, call.isHalfOpen ?? false)
    if (!socket) lease.refused()
    else if (call.signal.aborted || !lease.isPresent) {
      socket.destroy()
      lease.giveBack()
    } else {
      socket.once('close', () => lease.end())
      call.use(socket, lease)
      return undefined
    }
  }
  return 'gone'
}

function connect(address: Address, ms: number, allowHalfOpen: boolean): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = createConnection({ ...address, allowHalfOpen, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    const timer = setTimeout(() => give(undefined), ms)
    const give = (connected: Socket | undefined) => {
      clearTimeout(timer)
      if (!connected) socket.destroy()
      resolve(connected)
    }
    socket.once('connect', () => give(socket))
    // Stays: an error between two owners of the socket must not end the process; its close tells each of them.
    socket.on('error', () => give(undefined))
  })
}
