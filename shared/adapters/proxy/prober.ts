import { request } from 'node:http'
import { createConnection } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../../domain/fact.ts'
import type { Prober } from '../../ports/prober.ts'

const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 100
/** Docker's own proxy accepts before the container listens, and then closes at once. */
const STAYS_OPEN_MS = 200
/** What even an attempt that begins at the end of the patience may take. */
const LEAST_ATTEMPT_MS = 500
/** A first connection that went into nothing must not eat all the patience. */
const LONGEST_ATTEMPT_MS = 10_000

/** M7: asks the ports of a task from outside of it. Never takes more than half a second longer than its patience. */
export function createProber(): Prober {
  return {
    async answers(address, layer, patienceMs) {
      const deadline = performance.now() + patienceMs
      const attempt = layer === 'http' ? answersHttp : staysOpen
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
        const left = deadline - performance.now()
        if (await attempt(address, Math.min(Math.max(left, LEAST_ATTEMPT_MS), LONGEST_ATTEMPT_MS))) return true
        if (performance.now() + pause >= deadline) return false
        await sleep(pause)
      }
    },
  }
}

/** Any status will do: a page that is missing or forbidden was answered by somebody. */
function answersHttp(address: Address, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = request({ ...address, path: '/', agent: false, headers: { Connection: 'close', 'User-Agent': 'longshore-prober' } })
    const timer = setTimeout(() => give(false), ms)
    const give = (hasAnswered: boolean) => {
      clearTimeout(timer)
      probe.destroy()
      resolve(hasAnswered)
    }
    probe.on('response', () => give(true))
    probe.on('upgrade', () => give(true))
    probe.on('error', () => give(false))
    probe.on('close', () => give(false))
    probe.end()
  })
}

function staysOpen(address: Address, ms: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ ...address })
    let timer = setTimeout(() => give(false), ms)
    const give = (isOpen: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isOpen)
    }
    socket.on('connect', () => {
      clearTimeout(timer)
      timer = setTimeout(() => give(true), STAYS_OPEN_MS)
    })
    // Without reading, its end would not be seen.
    socket.resume()
    socket.on('end', () => give(false))
    socket.on('error', () => give(false))
    socket.on('close', () => give(false))
  })
}
