import { createClaims } from '../../shared/adapters/memory/claims.ts'
import { frozenCopy } from '../../shared/adapters/memory/frozen-copy.ts'
import { createReadModel } from '../../shared/adapters/memory/read-model.ts'
import { createSnapshots } from '../../shared/adapters/memory/snapshots.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { Claims } from '../../shared/ports/claims.ts'
import type { EventLog } from '../../shared/ports/event-log.ts'
import type { ReadModel, Row } from '../../shared/ports/read-model.ts'
import { StreamText } from './log-text.ts'
import type { Call } from './process.ts'
import type { World } from './world.ts'

const LATENCY = 12

/** What is stored: the truth behind every process's calls. */
export class Storage {
  /** The rows as they were last written, for the checker, who may not wait. */
  private readonly rows = new Map<string, Row>()
  readonly commits = new Map<string, Commit[]>()
  readonly text = new Map<string, StreamText>()
  readonly readModel = mirrored(createReadModel(), this.rows)
  /** The names that are taken, for the checker. */
  readonly claimed = new Set<string>()
  readonly claims = noted(createClaims(), this.claimed)
  readonly snapshots = createSnapshots()
  onStored: (commit: Commit) => void = () => {}
  private readonly world: World
  constructor(world: World) {
    this.world = world
  }

  of(stream: string): StreamText {
    let text = this.text.get(stream)
    if (!text) this.text.set(stream, (text = new StreamText()))
    return text
  }

  row(stream: string): Row | undefined {
    return this.rows.get(stream)
  }

  put(commit: Commit): 'stored' | 'refused' {
    const there = this.commits.get(commit.stream) ?? []
    this.commits.set(commit.stream, there)
    if (commit.version > there.length + 1) this.world.fail(`L3: ${commit.stream} jumps from ${there.length} to ${commit.version}`)
    if (commit.version <= there.length && this.world.holds('condition')) {
      this.world.count('conflicts')
      return 'refused'
    }
    const stored = frozenCopy(commit)
    there[commit.version - 1] = stored
    this.onStored(stored)
    return 'stored'
  }
}

function mirrored(readModel: ReadModel, rows: Map<string, Row>): ReadModel {
  return {
    ...readModel,
    write: async row => {
      const answer = await readModel.write(row)
      if (answer.won) rows.set(row.stream, row)
      return answer
    },
  }
}

function noted(claims: Claims, names: Set<string>): Claims {
  return {
    ...claims,
    take: async (name, owner, at) => {
      names.add(name)
      return claims.take(name, owner, at)
    },
    release: async (name, owner) => {
      names.delete(name)
      return claims.release(name, owner)
    },
  }
}

/** The database's way of failing: before anything happened, or with everything done and only the answer lost. */
function throttle(world: World, probability: number): void {
  if (!world.isOut('database') && !world.chance(probability)) return
  world.count('throttles')
  throw new CodedError('LS-STORAGE', 'the database did not take the call (ThrottlingException)')
}

/** The log through one process's calls. `onIntended` hears of starts that this process stored. */
export function logThrough(world: World, storage: Storage, call: Call, onIntended: (commit: Commit) => void): EventLog {
  const read = <T>(effect: () => T) =>
    call(LATENCY, () => {
      throttle(world, 0.002)
      return effect()
    })
  return {
    put: commit =>
      call(LATENCY, () => {
        throttle(world, 0.004)
        const answer = storage.put(commit)
        if (answer === 'refused') return answer
        onIntended(commit)
        if (!world.chance(0.03)) return answer
        world.count('ambiguous puts')
        throttle(world, 0.3)
        return 'refused' // the client's own repetition was refused by what it had stored itself
      }),
    get: (stream, version) => read(() => (world.holds('nonce') ? storage.commits.get(stream)?.[version - 1] : undefined)),
    read: (stream, after = 0, limit = Number.POSITIVE_INFINITY) =>
      read(() => (storage.commits.get(stream) ?? []).slice(after, after + Math.min(limit, 1_000_000))),
    head: stream =>
      read(() => {
        const newest = storage.commits.get(stream)?.at(-1)
        return newest && { version: newest.version, at: newest.at }
      }),
    streams: () => read(() => [...storage.commits.keys()].sort()),
  }
}

/** Any other store: the memory adapter behind calls that take time and may be throttled. The adapter's own work is done at one moment. */
export function storeThrough<P extends object>(world: World, call: Call, store: P): P {
  const wrap =
    (method: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) =>
      await (
        await call(LATENCY, () => {
          throttle(world, 0.002)
          return { answer: method(...args) }
        })
      ).answer
  const entries = Object.entries(store).map(([name, method]) => [name, wrap(method as never)])
  return Object.fromEntries(entries) as P
}

/** The read model with the rules that can be left out of it. */
export function readModelOf(world: World, storage: Storage): Storage['readModel'] {
  const { readModel } = storage
  const rows = new Map<string, Row>()
  return {
    ...readModel,
    ...(world.holds('one-chain') ? {} : { claimLook: async () => true }),
    ...(world.holds('row-version')
      ? {}
      : {
          write: async (row: Row) => {
            const before = rows.get(row.stream)
            rows.set(row.stream, row)
            return { won: true, before }
          },
          row: async (stream: string) => rows.get(stream),
          rows: async () => [...rows.values()],
          due: async (now: number) => [...rows.values()].filter(row => row.dueAt !== undefined && row.dueAt <= now),
        }),
  }
}
