import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { scale } from '../shared/application/scale.ts'
import { serviceStream, stackStream } from '../shared/domain/commit.ts'
import { emptySpec, type StackSpec } from '../shared/domain/spec.ts'
import type { Asked, ClientData } from './command-client.ts'
import { type Bench, type Figure, inRounds, median, type Pair, paired, timed } from './figure.ts'
import { type Home, openHome } from './home.ts'
import { rawPuts } from './raw-puts.ts'

const STACK = 'bench-command'
const PATH = `/v1/stacks/${STACK}`
const GOAL = 1.3
const PER_ROUND = 5
/** Long enough for what an earlier command set off to be over. */
const QUIET_MS = 45
/** What commands without a pause set off must be over before the floor is measured. */
const SETTLE_MS = 100

/**
 * A command's answer means that it is durable, so its floor is the put that makes it so. The service is stopped: its scale changes and
 * nothing is started.
 */
export const command: Bench = {
  name: 'command',
  does: 'a command through the HTTP API until it is answered, against a raw conditional put',
  run: async () => {
    const home = await openHome('process', 17_610)
    const client = new Worker(new URL('command-client.ts', import.meta.url), {
      workerData: { url: home.url, folder: home.folder } satisfies ClientData,
    })
    try {
      await home.client.up(specOf('1'))
      await home.client.settled(STACK)
      await home.client.call('POST', `/v1/stacks/${STACK}/running`, { action: 'stop', services: [] })
      await home.client.settled(STACK)
      const bench = { home, client }
      return { figures: [...(await scales(bench)), ...(await ups(bench))], traces: [] }
    } finally {
      await client.terminate()
      await home.close()
    }
  },
}

type Both = { readonly home: Home; readonly client: Worker }

const specOf = (version: string): StackSpec => ({
  name: STACK,
  services: { web: { spec: { ...emptySpec, environment: { VERSION: version }, process: { command: ['sleep', '1000000'] } }, replicas: 0 } },
})

async function scales(both: Both): Promise<readonly Figure[]> {
  const { home } = both
  let replicas = 1
  const next = () => (replicas = 3 - replicas)
  const request = gatewayEvent(home)
  const overHttp = asked(both, `${PATH}/services/web/scale`, () => ({ replicas: next() }))
  const decided = () => timed(() => scale(home.ports, STACK, 'web', next(), { actor: 'bench', commandId: randomUUID() }))
  const answered = () => timed(() => home.invoke('api', request(next())))
  const common = { home, stream: serviceStream(STACK, 'web') }
  const whole = await alone({ ...common, command: overHttp, rounds: 20 })
  const inside = await alone({ ...common, command: decided, rounds: 10 })
  const api = await alone({ ...common, command: answered, rounds: 10 })
  const busy = await withoutPause({ ...common, command: overHttp, rounds: 30 })
  return [
    paired('scale → durable, p50', 'ms', whole, {
      goal: GOAL,
      note: "the floor goes through the database's socket, as another program's put would; the host's own puts need none",
    }),
    paired('… of which: decided and put', 'ms', inside),
    paired('… of which: with the function api, event to answer', 'ms', api),
    paired('scale → durable, p50, commands without a pause', 'ms', busy, {
      note: 'the floor has the machine to itself; each command also runs project and reconcile of the one before',
    }),
  ]
}

/** One command over HTTP, from the client's thread: the milliseconds that it took. */
const asked =
  ({ client }: Both, path: string, body: () => unknown) =>
  async (): Promise<number> => {
    client.postMessage({ path, body: body() } satisfies Asked)
    const [ms] = (await once(client, 'message')) as [number]
    return ms
  }

/** What the host's server makes of the same request. */
function gatewayEvent({ folder }: Home): (replicas: number) => string {
  const authorization = `Bearer ${readFileSync(join(folder, 'token'), 'utf8').trim()}`
  const path = `${PATH}/services/web/scale`
  return replicas =>
    JSON.stringify({
      version: '2.0',
      rawPath: path,
      rawQueryString: '',
      headers: { host: 'localhost', authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      requestContext: { domainName: 'localhost', http: { method: 'POST', path } },
      body: JSON.stringify({ replicas }),
      isBase64Encoded: false,
    })
}

async function ups(both: Both): Promise<readonly Figure[]> {
  let version = 1
  const up = (given: () => number) => asked(both, `${PATH}/deployments`, () => ({ spec: specOf(String(given())), secrets: {}, blobs: {} }))
  const common = { home: both.home, stream: stackStream(STACK), rounds: 8 }
  const changed = await alone({ ...common, command: up(() => ++version) })
  const same = await alone({ ...common, command: up(() => version) })
  return [paired('up of a changed stack of one service, p50', 'ms', changed), paired('up of an unchanged stack, p50', 'ms', same)]
}

type Commands = {
  readonly home: Home
  readonly stream: string
  /** Runs one: the milliseconds that it took. */
  readonly command: () => Promise<number>
  readonly rounds: number
}

/**
 * Commands and puts that have the machine to themselves. Before each of either a command is run that is not counted, and all that it sets
 * off: what ran last decides how warm the caches are, and must be the same for both.
 */
async function alone(commands: Commands): Promise<readonly Pair[]> {
  const afterOne = (run: () => Promise<number>) => async () => {
    await commands.command()
    await pause(QUIET_MS)
    return run()
  }
  return against(commands, afterOne)
}

/** Commands one after another, and puts one after another. */
const withoutPause = (commands: Commands): Promise<readonly Pair[]> => against(commands, run => run, SETTLE_MS)

/** Rounds of commands against as many puts of the size that a command's commit has. */
async function against(
  { home, stream, command, rounds }: Commands,
  sampled: (run: () => Promise<number>) => () => Promise<number>,
  settleMs = 0,
): Promise<readonly Pair[]> {
  await command()
  const raw = rawPuts(home.folder, (await home.ports.log.read(stream)).at(-1)!)
  const round = (run: () => Promise<number>) => async () => {
    const times: number[] = []
    for (let turn = 0; turn < PER_ROUND; turn++) times.push(await run())
    await pause(settleMs)
    return median(times)
  }
  const [ours, floor] = [round(sampled(command)), round(sampled(() => timed(raw.put)))]
  try {
    await inRounds(3, ours, floor) // warms both up
    return await inRounds(rounds, ours, floor)
  } finally {
    raw.close()
  }
}
