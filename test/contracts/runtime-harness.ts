import { randomBytes } from 'node:crypto'
import type { Fact } from '../../shared/domain/fact.ts'
import type { SecretVersion } from '../../shared/domain/secret-version.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { taskId } from '../../shared/domain/task-id.ts'
import type { Runtime, StartRequest } from '../../shared/ports/runtime.ts'
import { eventually } from './eventually.ts'

/** The programs that the contract suite runs, written for one engine. Each spec must be startable without a pull. */
export type StandardPrograms = {
  /**
   * Answers GET / on 3000/tcp (spec.expose) with the value of LONGSHORE_TASK (`web.7`); ends with code 0 at SIGTERM. A runtime that
   * chooses the port by itself (PORT) still gives the address under "3000/tcp".
   */
  server(): ServiceSpec
  /**
   * Prints `prints` to stdout and `errors` to stderr exactly as they are (no newline added), waits `afterMs` and exits with `code`. Both
   * texts stand in the spec's environment as they are given here, so that a secret reference in them is revealed by the runtime.
   */
  exits(options: { readonly code: number; readonly afterMs: number; readonly prints?: string; readonly errors?: string }): ServiceSpec
  /** Ignores SIGTERM, prints the line `ready` once it does, and runs until it is killed. */
  stubborn(): ServiceSpec
  /** Prints `tick 1`, `tick 2` … every 100 ms; ends with code 0 at SIGTERM. */
  ticker(): ServiceSpec
  /** Its command does not exist. */
  missing(): ServiceSpec
}

/** One engine under test, and the outside truth about it: what is asked of the engine or the system itself, never of the runtime. */
export type RuntimeHarness = {
  readonly runtime: Runtime
  readonly installation: string
  readonly programs: StandardPrograms
  /** The program of this task runs now. */
  alive(id: string): Promise<boolean>
  /** How often the program of this task was started, ever. */
  startsOf(id: string): Promise<number>
  /** Kills the program behind the runtime's back, with SIGKILL. */
  kill(id: string): Promise<void>
  /** Stores a secret that the runtime's `secrets` can get. */
  putSecret(stack: string, name: string, value: string): Promise<SecretVersion>
  /** A second adapter on the same engine and data folder: by default of the same installation, as after a host's restart. */
  reopen(installation?: string): Promise<Runtime>
  /** Ends and removes everything that was made. */
  close(): Promise<void>
}

let made = 0
const run = randomBytes(4).toString('hex')

/** A request for a fresh task, `web.<number>` of stack `shop`. */
export function freshRequest(
  harness: Pick<RuntimeHarness, 'installation'>,
  spec: ServiceSpec,
  changes: Partial<StartRequest> = {},
): StartRequest {
  const number = ++made
  const stream = 'service/shop/web'
  const id = taskId({ id: `${harness.installation}${run}`, epoch: 0 }, stream, number, 0, number)
  return {
    installation: harness.installation,
    stream,
    stack: 'shop',
    service: 'web',
    id,
    number,
    revision: 1,
    intent: number,
    spec,
    ...changes,
  }
}

export const ended = (runtime: Runtime, id: string, boundMs?: number): Promise<Fact> =>
  eventually(
    `${id} has ended`,
    async () => {
      const fact = await runtime.lookup(id)
      return fact?.state === 'stopped' && fact
    },
    boundMs,
  )

export const textsOf = async (runtime: Runtime, id: string): Promise<readonly string[]> =>
  (await runtime.logs(id, {})).map(line => line.text)

export const hasPrinted = (runtime: Runtime, id: string, text: string): Promise<true> =>
  eventually(`${id} printed ${text}`, async () => (await textsOf(runtime, id)).includes(text) || undefined)
