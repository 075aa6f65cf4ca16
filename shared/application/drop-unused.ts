import { parseStream } from '../domain/commit.ts'
import { isRemoved } from '../domain/stack.ts'
import { foldStack } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

/** E4: what stacks share and none of them uses any more goes, with the last of them or, where it was still in use, with a later audit. */
export async function dropUnused(ports: LogPorts & Pick<Ports, 'runtime' | 'router'>): Promise<void> {
  await ports.router.dropUnused?.()
  await ports.runtime.keepNetworks?.(() => namedNetworks(ports))
}

/** Of every revision that a rollback could bring back, in any stack: two may share a network by its `name`. */
async function namedNetworks(ports: LogPorts): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  for (const stream of await ports.log.streams()) {
    if (parseStream(stream).kind !== 'stack') continue
    for (const service of Object.values((await foldStack(ports, stream)).services)) {
      if (isRemoved(service) && service.outcome === 'ok') continue
      for (const { spec } of Object.values(service.revisions)) for (const { name } of spec.networks) named.add(name)
    }
  }
  return named
}
