import { randomUUID } from 'node:crypto'
import { scale } from '../shared/application/scale.ts'
import { serviceStream } from '../shared/domain/commit.ts'
import { emptySpec } from '../shared/domain/spec.ts'
import type { Bench } from './figure.ts'
import { type Home, openHome } from './home.ts'
import { until } from './until.ts'

const STACK = 'bench-plane'
const SERVICES = 50
const EACH = 20

/** Commits to many streams at once, until each was relayed, projected and reconciled: the row of every stream stands at its head. */
export const plane: Bench = {
  name: 'plane',
  does: `commits to ${SERVICES} services at once, until all are relayed, projected and reconciled`,
  run: async () => {
    const home = await openHome('process', 17_630)
    try {
      const spec = { ...emptySpec, process: { command: ['sleep', '1000000'] } }
      const services = Object.fromEntries(names().map(name => [name, { spec, replicas: 0 }]))
      await home.client.up({ name: STACK, services })
      await home.client.settled(STACK)
      await home.client.call('POST', `/v1/stacks/${STACK}/running`, { action: 'stop', services: [] })
      await home.client.settled(STACK)
      const [appended, followed] = await flood(home)
      const perSecond = (ms: number) => (SERVICES * EACH) / (ms / 1_000)
      return {
        figures: [
          { name: `commits appended to ${SERVICES} services`, unit: '1/s', value: perSecond(appended) },
          { name: '… until all are projected and reconciled', unit: '1/s', value: perSecond(followed) },
        ],
        traces: [],
      }
    } finally {
      await home.close()
    }
  },
}

const names = () => Array.from({ length: SERVICES }, (_, index) => `web${index}`)

/** Milliseconds until all was appended, and until nothing was behind any more. */
async function flood({ ports }: Home): Promise<readonly [number, number]> {
  const began = performance.now()
  const versions = await Promise.all(names().map(name => scaleOften(ports, name)))
  const appended = performance.now() - began
  const heads = new Map(names().map((name, index) => [serviceStream(STACK, name), versions[index]!]))
  await until(
    'every row is at its head',
    async () => {
      const rows = new Map((await ports.readModel.rows()).map(row => [row.stream, row.version]))
      return [...heads].every(([stream, version]) => (rows.get(stream) ?? 0) >= version)
    },
    20,
  )
  return [appended, performance.now() - began]
}

async function scaleOften(ports: Home['ports'], service: string): Promise<number> {
  let version = 0
  for (let turn = 0; turn < EACH; turn++) {
    const asker = { actor: 'bench', commandId: randomUUID() }
    version = (await scale(ports, STACK, service, 1 + (turn % 2), asker)).version
  }
  return version
}
