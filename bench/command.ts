import { serviceStream, stackStream } from '../shared/domain/commit.ts'
import { emptySpec, type StackSpec } from '../shared/domain/spec.ts'
import { type Bench, type Figure, inRounds, median, type Pair, paired, timed } from './figure.ts'
import { type Home, openHome } from './home.ts'
import { rawPuts } from './raw-puts.ts'

const STACK = 'bench-command'
const GOAL = 1.3
const ROUNDS = 30
const PER_ROUND = 8
/** Long enough for what an earlier command set off to be over. */
const QUIET_MS = 12

/**
 * A command's answer means that it is durable, so its floor is the put that makes it so. The service is stopped: its scale changes and
 * nothing is started.
 */
export const command: Bench = {
  name: 'command',
  does: 'a command through the HTTP API until it is answered, against a raw conditional put',
  run: async () => {
    const home = await openHome('process', 17_610)
    try {
      await home.client.up(specOf('1'))
      await home.client.settled(STACK)
      await home.client.call('POST', `/v1/stacks/${STACK}/running`, { action: 'stop', services: [] })
      await home.client.settled(STACK)
      return { figures: [...(await scales(home)), ...(await ups(home))], traces: [] }
    } finally {
      await home.close()
    }
  },
}

const specOf = (version: string): StackSpec => ({
  name: STACK,
  services: { web: { spec: { ...emptySpec, environment: { VERSION: version }, process: { command: ['sleep', '1000000'] } }, replicas: 0 } },
})

async function scales(home: Home): Promise<readonly Figure[]> {
  let replicas = 1
  const scale = () => home.client.scale(STACK, 'web', (replicas = 3 - replicas))
  const alone = await against(home, serviceStream(STACK, 'web'), scale, QUIET_MS)
  const busy = await against(home, serviceStream(STACK, 'web'), scale, 0)
  return [
    paired('scale → durable, p50', 'ms', alone, { goal: GOAL }),
    paired('scale → durable, p50, commands without a pause', 'ms', busy, {
      note: 'the floor has the machine to itself; each command also runs project and reconcile of the one before',
    }),
  ]
}

async function ups(home: Home): Promise<readonly Figure[]> {
  let version = 1
  const changed = await against(home, stackStream(STACK), () => home.client.up(specOf(String(++version))), QUIET_MS, 10)
  const same = await against(home, stackStream(STACK), () => home.client.up(specOf(String(version))), QUIET_MS, 10)
  return [paired('up of a changed stack of one service, p50', 'ms', changed), paired('up of an unchanged stack, p50', 'ms', same)]
}

/** Rounds of commands against as many puts of the size that the first command's commit had. */
async function against(
  home: Home,
  stream: string,
  command: () => Promise<unknown>,
  quietMs: number,
  rounds = ROUNDS,
): Promise<readonly Pair[]> {
  await command()
  const raw = rawPuts(home.folder, (await home.ports.log.read(stream)).at(-1)!)
  const once = (run: () => Promise<unknown>) => async () => {
    const times: number[] = []
    for (let turn = 0; turn < PER_ROUND; turn++) {
      if (quietMs) await new Promise(resolve => setTimeout(resolve, quietMs))
      times.push(await timed(run))
    }
    if (!quietMs) await new Promise(resolve => setTimeout(resolve, 100)) // what the commands set off is not the puts' burden
    return median(times)
  }
  try {
    await inRounds(2, once(command), once(raw.put)) // warms both up
    return await inRounds(rounds, once(command), once(raw.put))
  } finally {
    raw.close()
  }
}
