import { parseStream, stackStream } from '../domain/commit.ts'
import { isGone, pictureOf } from '../domain/stack.ts'
import { foldStack } from './folds.ts'
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
    if (behind) await project(ports, stream)
    const dueAt = (behind ? await ports.readModel.row(stream) : row)?.dueAt
    if (behind || options.everything || (dueAt !== undefined && dueAt <= ports.clock.now())) await act(ports, stream)
  })
  await freeClaims(ports)
}

const CLAIM_AGE = 600_000

/** L10: claims that their owner's fold does not name, when they are too old to belong to a commit that is under way. */
async function freeClaims(ports: AuditPorts): Promise<void> {
  for (const { name, owner, at } of await ports.claims.list()) {
    if (parseStream(owner).kind !== 'stack' || ports.clock.now() < at + CLAIM_AGE) continue
    const stack = await foldStack(ports, stackStream(parseStream(owner).stack))
    const picture = isGone(stack) ? {} : pictureOf(stack.services)
    const named = Object.entries(picture).some(([service, revision]) =>
      portClaims(stack.services[service]?.revisions[revision]?.spec.ports ?? []).includes(name),
    )
    const settled = Object.values(stack.services).every(service => service.outcome !== undefined)
    if (!named && settled) await ports.claims.release(name, owner)
  }
}

/** The claims that published ports need: one per address and protocol in an installation. */
export const portClaims = (published: readonly { readonly published?: number; readonly protocol: string }[]): readonly string[] =>
  published.flatMap(port => (port.published === undefined ? [] : [`port/${port.published}/${port.protocol}`]))
