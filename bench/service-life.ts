import { randomUUID } from 'node:crypto'
import type { Commit } from '../shared/domain/commit.ts'
import type { ServiceEvent } from '../shared/domain/service.ts'
import { emptySpec } from '../shared/domain/spec.ts'

const STARTED = 1_760_000_000_000

/**
 * A service's life as its stream has it: one deployment, then tasks that are started, seen, become available, and die, one commit after
 * another. `commandEvery`: every so many tasks, of five commits each, a person scales the service by a command.
 */
export function* serviceLife(stream: string, commandEvery: number): Generator<Commit<ServiceEvent>> {
  let version = 0
  const commit = (event: ServiceEvent, commandId?: string): Commit<ServiceEvent> => ({
    stream,
    version: ++version,
    at: STARTED + version * 1_000,
    actor: commandId ? 'token laptop' : 'reconcile',
    nonce: randomUUID(),
    ...(commandId ? { commandId, commandHash: HASH } : {}),
    events: [event],
  })
  yield commit({ type: 'WishTaken', wish: WISH })
  for (let number = 1; ; number++) {
    const id = `web-${number}-${randomUUID().slice(0, 16)}`
    const fact = { id, runtime: 'docker', runtimeId: randomUUID().replaceAll('-', '').repeat(2) }
    const addresses = { '3000/tcp': { host: '127.0.0.1', port: 32_768 + (number % 20_000) } }
    yield commit({ type: 'StartsIntended', tasks: [{ id, number }], revision: 1, restarts: 0, why: '1 of 2 tasks are missing' })
    yield commit({ type: 'TaskSeen', ...fact, state: 'running', seen: 1, addresses })
    yield commit({ type: 'TaskSeen', ...fact, state: 'running', seen: 1, ready: true })
    yield commit({ type: 'TaskAvailable', id, asOf: version })
    if (number % commandEvery === 0) yield commit({ type: 'ScaleSet', replicas: 2 + (number % 3), after: 1 }, randomUUID())
    yield commit({ type: 'TaskSeen', ...fact, state: 'stopped', seen: 2, exit: { code: 1, reason: 'exited with code 1' } })
  }
}

const HASH = 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c'
const SPEC = {
  ...emptySpec,
  image: 'registry.example/shop/web:1.4.2',
  digest: 'sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
  environment: { NODE_ENV: 'production', PORT: '3000', DATABASE_HOST: 'db', LOG_LEVEL: 'info' },
  ports: [{ published: 8080, target: 3000, protocol: 'tcp' as const, layer: 'http' as const }],
  networks: [{ name: 'shop_default', aliases: ['web'] }],
}
const WISH = {
  stamp: 1,
  cause: 'up' as const,
  deployment: 1,
  revision: 1,
  restarts: 0,
  stopped: false,
  replicas: 2,
  replicasBy: 1,
  spec: SPEC,
}
