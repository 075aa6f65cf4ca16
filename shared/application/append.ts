import type { Answered, Commit, Refusal } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import { hashOf } from '../domain/hash.ts'
import type { Service, ServiceEvent } from '../domain/service.ts'
import type { Stack, StackEvent } from '../domain/stack.ts'
import type { Decision } from '../domain/stack-decide.ts'
import { type Folded, fold, type Kind, SERVICE, STACK } from './folds.ts'
import type { LogPorts } from './ports.ts'

/** The one way to change anything: decide, put, recognise one's own put, decide again (L3, L4). */

/** Ten lost races: a message goes back to its queue, an HTTP command gets 409 (L4). */
export class Contended extends Error {
  override readonly name = 'Contended'
}

/** Who appends, why, and, for commands, under which key (L4). `body` is what a repetition must be equal to. */
export type By = { readonly actor: string; readonly causedBy?: string; readonly command?: { readonly id: string; readonly body: unknown } }

export type Appended<S> = {
  /** The newest state, this append included. */
  readonly state: S
  /** The version of the commit that answers; the head's where nothing was appended. */
  readonly version: number
  readonly appended: boolean
  readonly refusal?: Refusal
}

type Decide<S, E> = (state: S) => readonly E[] | Decision<E>
type State = Folded & { readonly answered: readonly Answered[] }

const ATTEMPTS = 10

export const onStack = (ports: LogPorts, stream: string, decide: Decide<Stack, StackEvent>, by: By) =>
  appendTo(ports, STACK, stream, decide, by)
export const onService = (ports: LogPorts, stream: string, decide: Decide<Service, ServiceEvent>, by: By) =>
  appendTo(ports, SERVICE, stream, decide, by)

async function appendTo<S extends State, E extends { readonly type: string }>(
  ports: LogPorts,
  kind: Kind<S, E>,
  stream: string,
  decide: Decide<S, E>,
  by: By,
): Promise<Appended<S>> {
  return ports.folds.turn(stream, async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // What is decided on a warm fold may be out of date; if so its put is refused. Only an answer that needs no put must be sure to be new.
      const warm = attempt === 0 ? (ports.folds.get(stream) as S | undefined) : undefined
      const answer = (warm && (await attemptOn(ports, kind, stream, decide, by, warm, true))) ?? undefined
      if (answer) return answer
      const sure = await attemptOn(ports, kind, stream, decide, by, await fold(ports, kind, stream), false)
      if (sure) return sure
    }
    throw new Contended(`${stream}: ten races lost`)
  })
}

/** Undefined: the race was lost, or (on a fold that may be old) the answer would need no put. */
async function attemptOn<S extends State, E extends { readonly type: string }>(
  ports: LogPorts,
  kind: Kind<S, E>,
  stream: string,
  decide: Decide<S, E>,
  by: By,
  state: S,
  mayBeOld: boolean,
): Promise<Appended<S> | undefined> {
  const first = by.command && answeredBefore(state, by.command)
  if (first) return { state, version: first.version, appended: false, refusal: first.refusal }
  const decided = decide(state)
  const decision: Decision<E> = 'length' in decided ? { events: decided } : decided
  const refusal = 'refusal' in decision ? decision.refusal : undefined
  if (mayBeOld && (refusal || ('events' in decision && decision.events.length === 0))) return undefined
  const events =
    'events' in decision ? decision.events : by.command ? [{ type: 'CommandRefused', ...decision.refusal } as unknown as E] : []
  if (events.length === 0) return { state, version: state.version, appended: false, refusal }
  const commit = commitOf(ports, stream, state.version + 1, events, by)
  if (!(await put(ports, commit))) return undefined
  const next = kind.evolve(state, commit)
  ports.folds.set(stream, next)
  return { state: next, version: commit.version, appended: true, refusal }
}

function answeredBefore(state: State, command: NonNullable<By['command']>): Answered | undefined {
  const first = state.answered.findLast(answered => answered.id === command.id)
  if (first && first.hash !== hashOf(command.body)) {
    throw new CodedError('LS-KEY-REUSED', `the key ${command.id} was used for another command`, {
      hint: 'Make a new Idempotency-Key for each command.',
    })
  }
  return first
}

export function commitOf<E>(
  ports: Pick<LogPorts, 'clock' | 'ids'>,
  stream: string,
  version: number,
  events: readonly E[],
  by: By,
): Commit<E> {
  const { actor, causedBy, command } = by
  const at = ports.clock.now()
  return {
    stream,
    version,
    at,
    actor,
    causedBy,
    nonce: ports.ids.nonce(),
    commandId: command?.id,
    commandHash: command && hashOf(command.body),
    events,
  }
}

/** L3: the client repeats a put whose answer was lost; the repetition is refused, and the nonce tells that it was ours. */
export async function put(ports: Pick<LogPorts, 'log' | 'folds'>, commit: Commit): Promise<boolean> {
  const stored = await ports.log.put(commit).catch(error => {
    ports.folds.doubtHead(commit.stream)
    throw error
  })
  if (stored === 'stored') {
    ports.folds.sawHead(commit.stream, commit.version)
    return true
  }
  ports.folds.doubtHead(commit.stream)
  const there = await ports.log.get(commit.stream, commit.version)
  return there?.nonce === commit.nonce
}
