import { parseStream } from '../domain/commit.ts'
import { stackDueAt } from '../domain/stack-due.ts'
import type { Row } from '../ports/read-model.ts'
import { serviceDueAt } from '../reconcile/due-at.ts'
import { isScaled } from '../scaling/autoscale-service.ts'
import { type Folded, foldService, foldStack, SERVICE, STACK } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'
import { serviceView, stackView } from './views.ts'

export type ProjectPorts = LogPorts & Pick<Ports, 'readModel' | 'wakes' | 'setting'>

/** Raised whenever the shape of a row changes: rows of an older one are overwritten whatever their version (L6). */
const ROW_SCHEMA = 3
const LONGEST_DELAY = 900_000
/** L5: looked at once in so many commits; each has about as many bytes as so many of a state's JSON have when it is packed. */
const SNAPSHOT_STEP = 8
const COMMIT_BYTES = 2_400

/** L6, T1: the row of one stream, and the wake for its next moment. */
export async function project(ports: ProjectPorts, stream: string): Promise<void> {
  const { row, state } = await rowOf(ports, stream)
  const { won, before } = await ports.readModel.write(row)
  if (!won) return
  await snapshot(ports, stream, state, before?.version ?? 0)
  if (row.dueAt === undefined || row.dueAt === before?.dueAt) return
  const delay = Math.min(LONGEST_DELAY, Math.max(0, row.dueAt - ports.clock.now()))
  await ports.wakes.send(parseStream(stream).kind === 'stack' ? 'conduct' : 'reconcile', stream, row.dueAt, delay)
}

/** Pure but for the reads: the same stream up to the same version gives the same row. */
export async function rowOf(
  ports: Pick<ProjectPorts, 'log' | 'snapshots' | 'folds' | 'setting'>,
  stream: string,
): Promise<{ readonly row: Row; readonly state: Folded }> {
  const { limits, installation } = ports.setting
  if (parseStream(stream).kind === 'stack') {
    const state = await foldStack(ports, stream)
    return {
      state,
      row: { stream, schema: ROW_SCHEMA, version: state.version, dueAt: stackDueAt(state), view: stackView(state) },
    }
  }
  const state = await foldService(ports, stream)
  const dueAt = serviceDueAt(state, { stream, installation, limits })
  const scheduled = state.wish?.spec.scale?.schedules?.length ? { scheduled: true as const } : {}
  const scaled = isScaled(state) ? { scaled: true as const, ...scheduled } : {}
  return { state, row: { stream, schema: ROW_SCHEMA, version: state.version, dueAt, ...scaled, view: serviceView(state, limits) } }
}

/** When about as many bytes came since the last one as the state has: loading stays flat, and writing costs no more than the commits did. */
async function snapshot(ports: ProjectPorts, stream: string, state: Folded, lastVersion: number): Promise<void> {
  const crosses = (every: number) => Math.floor(state.version / every) !== Math.floor(lastVersion / every)
  if (!crosses(SNAPSHOT_STEP)) return
  const steps = Math.ceil(JSON.stringify(state).length / (SNAPSHOT_STEP * COMMIT_BYTES))
  if (!crosses(SNAPSHOT_STEP * steps)) return
  const schema = parseStream(stream).kind === 'stack' ? STACK.schema : SERVICE.schema
  await ports.snapshots.save({ stream, version: state.version, schema, state })
}
