import type { Commit } from '../domain/commit.ts'
import { emptyService, type Service, type ServiceEvent } from '../domain/service.ts'
import { evolveService } from '../domain/service-fold.ts'
import { emptyStack, evolveStack, type Stack, type StackEvent } from '../domain/stack.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { Snapshots } from '../ports/snapshots.ts'

/** The state of a stream: every kind has a version, and the time of its newest commit. */
export type Folded = { readonly version: number; readonly at: number }

/** How one kind of stream is folded. `schema` is raised whenever the shape of its state changes: older snapshots are then folded anew. */
export type Kind<S extends Folded, E> = { readonly schema: number; readonly empty: S; readonly evolve: (state: S, commit: Commit<E>) => S }

export const STACK: Kind<Stack, StackEvent> = { schema: 2, empty: emptyStack, evolve: evolveStack }
export const SERVICE: Kind<Service, ServiceEvent> = { schema: 4, empty: emptyService, evolve: evolveService }

/** The folds that one process keeps warm, by stream. Old entries leave first. */
export class Folds {
  private readonly warm = new Map<string, Folded>()
  private readonly turns = new Map<string, Promise<unknown>>()
  private readonly heads = new Map<string, number>()
  private readonly size: number
  private readonly hearsPuts: boolean
  /** `hearsPuts`: `sawHead` is called for every put of anybody before its answer can be acted on. True only where this process owns the database (invariant 12). */
  constructor({ size = 2_000, hearsPuts = false }: { readonly size?: number; readonly hearsPuts?: boolean } = {}) {
    this.size = size
    this.hearsPuts = hearsPuts
  }

  get(stream: string): Folded | undefined {
    return this.warm.get(stream)
  }

  /** Of the database's own telling, or of a consistent read: a fold at that version needs no read to be the newest. */
  sawHead(stream: string, version: number): void {
    if (this.hearsPuts && version > (this.heads.get(stream) ?? -1)) this.heads.set(stream, version)
  }

  /** After a put that was refused or whose outcome is unknown: perhaps not everything was told. */
  doubtHead(stream: string): void {
    this.heads.delete(stream)
  }

  isNewest(stream: string, state: Folded): boolean {
    return this.heads.get(stream) === state.version
  }

  /** Never goes back: a slower reader must not undo what a faster one has folded. */
  set(stream: string, state: Folded): void {
    if ((this.warm.get(stream)?.version ?? -1) > state.version) return
    this.warm.delete(stream)
    this.warm.set(stream, state)
    if (this.warm.size > this.size) this.warm.delete(this.warm.keys().next().value!)
  }

  /** Forgets a fold that turned out not to be a prefix of the log (a restored or replaced table). */
  forget(stream: string): void {
    this.warm.delete(stream)
  }

  /** One append at a time per stream and process: those that would lose a race for certain wait instead. Safety lies in the log. */
  async turn<T>(stream: string, run: () => Promise<T>): Promise<T> {
    const before = this.turns.get(stream) ?? Promise.resolve()
    const mine = before.then(run, run)
    const settled = mine.then(
      () => {},
      () => {},
    )
    this.turns.set(stream, settled)
    try {
      return await mine
    } finally {
      if (this.turns.get(stream) === settled) this.turns.delete(stream)
    }
  }
}

type FoldPorts = { readonly log: Pick<EventLog, 'read'>; readonly snapshots: Pick<Snapshots, 'load'>; readonly folds: Folds }

/** The newest state of a stream: warm or from its snapshot, and the later commits (L5). Read consistently, unless nothing newer can be there. */
export async function fold<S extends Folded, E>(ports: FoldPorts, kind: Kind<S, E>, stream: string): Promise<S> {
  const warm = ports.folds.get(stream) as S | undefined
  if (warm && ports.folds.isNewest(stream, warm)) return warm
  const start = warm ?? (await fromSnapshot(ports, kind, stream))
  const commits = (await ports.log.read(stream, start.version)) as readonly Commit<E>[]
  const state = commits.reduce(kind.evolve, start)
  ports.folds.set(stream, state)
  ports.folds.sawHead(stream, state.version)
  return state
}

async function fromSnapshot<S extends Folded, E>({ snapshots }: FoldPorts, kind: Kind<S, E>, stream: string): Promise<S> {
  const snapshot = await snapshots.load(stream)
  return snapshot?.schema === kind.schema ? (snapshot.state as S) : kind.empty
}

export const foldStack = (ports: FoldPorts, stream: string): Promise<Stack> => fold(ports, STACK, stream)
export const foldService = (ports: FoldPorts, stream: string): Promise<Service> => fold(ports, SERVICE, stream)
