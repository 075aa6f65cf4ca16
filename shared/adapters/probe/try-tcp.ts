import { createConnection } from 'node:net'
import type { Address } from '../../domain/fact.ts'
import { failed, failedBy, PASSED, type Tried, withinTime } from './tried.ts'

/** Docker's own proxy accepts before the container listens, and then closes at once (M7). */
const STAYS_OPEN_MS = 200

/** A connection that stays open; a try whose time is shorter than that waits half of it. */
export function tryTcp(address: Address, timeoutMs: number): Promise<Tried> {
  return withinTime(timeoutMs, settle => {
    let timer: NodeJS.Timeout | undefined
    const socket = createConnection({ ...address })
    socket.on('connect', () => {
      timer = setTimeout(() => settle(PASSED), Math.min(STAYS_OPEN_MS, timeoutMs / 2))
    })
    socket.resume() // without reading, its end would not be seen
    socket.on('end', () => settle(failed('the connection was closed at once')))
    socket.on('error', error => settle(failedBy(error)))
    return () => {
      clearTimeout(timer)
      socket.destroy()
    }
  })
}
