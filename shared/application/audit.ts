import { parseStream, stackStream } from '../domain/commit.ts'
import { pictureOf } from '../domain/stack.ts'
import { dropUnused } from './drop-unused.ts'
import { foldStack } from './folds.ts'
import { isNamed, portClaims } from './port-claims.ts'
import type { Ports } from './ports.ts'
import { project } from './project.ts'
import { inTurn } from './sweep.ts'
import { type ActPorts, act } from './wake.ts'

export type AuditPorts = ActPorts & Pick<Ports, 'claims'>

/**
 * T2: hourly and at a host's start. Reads every head of the registry, and wakes where the row is behind it or past due; so losing every
 * message for a week costs at most an hour. `everything`: acts on every stream, since a
 * host's start leaves no executor alive, and its router knows nothing yet.
 */
export async function audit(ports: AuditPorts, options: { readonly everything?: boolean } = {}): Promise<void> {
  const streams = (await ports.log.streams()).filter(stream => ['stack', 'service'].includes(parseStream(stream).kind))
  await inTurn(streams, async stream => {
    const head = await ports.log.head(stream)
    const row = await ports.readModel.row(stream)
    const behind = head !== undefined && (row === undefined || row.version < head.version)
    if (behind) ports.folds.doubtHead(stream)
    if (behind) await project(ports, stream)
    const dueAt = (behind ? await ports.readModel.row(stream) : row)?.dueAt
    if (behind || options.everything || (dueAt !== undefined && dueAt <= ports.clock.now())) await act(ports, stream)
  })
  await keepClaims(
    ports,
    streams.filter(stream => parseStream(stream).kind === 'stack'),
  )
  await freeClaims(ports)
  await dropUnused(ports)
}

/** L10: what a late release freed under a stack that publishes the port again. */
async function keepClaims(ports: AuditPorts, stacks: readonly string[]): Promise<void> {
  for (const owner of stacks) {
    const { services } = await foldStack(ports, owner)
    const published = Object.entries(pictureOf(services)).flatMap(
      ([name, revision]) => services[name]?.revisions[revision]?.spec.ports ?? [],
    )
    for (const name of portClaims(published)) await ports.claims.take(name, owner, ports.clock.now())
  }
}

const CLAIM_AGE = 600_000

/** L10: claims that their owner's fold does not name, when they are too old to belong to a commit that is under way. */
async function freeClaims(ports: AuditPorts): Promise<void> {
  for (const { name, owner, at } of await ports.claims.list()) {
    if (parseStream(owner).kind !== 'stack' || ports.clock.now() < at + CLAIM_AGE) continue
    const stack = await foldStack(ports, stackStream(parseStream(owner).stack))
    if (!isNamed(stack, name)) await ports.claims.release(name, owner)
  }
}
