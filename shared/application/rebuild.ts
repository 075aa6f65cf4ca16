import { parseStream } from '../domain/commit.ts'
import { canonicalJson } from '../domain/hash.ts'
import type { Ports } from './ports.ts'
import { type ProjectPorts, project } from './project.ts'

/** Invariant 1: the read model dropped and projected again from the log. `changed`: rows that were not the same bytes before. */
export async function rebuild(
  ports: ProjectPorts & Pick<Ports, 'readModel'>,
): Promise<{ readonly streams: number; readonly changed: number }> {
  const before = new Map((await ports.readModel.rows()).map(row => [row.stream, canonicalJson(row)]))
  const streams = (await ports.log.streams()).filter(stream => ['stack', 'service'].includes(parseStream(stream).kind))
  await ports.readModel.drop()
  for (const stream of streams) await project(ports, stream)
  const rows = await ports.readModel.rows()
  return { streams: streams.length, changed: rows.filter(row => before.get(row.stream) !== canonicalJson(row)).length }
}
