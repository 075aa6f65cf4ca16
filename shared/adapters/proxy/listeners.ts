import { parseStream } from '../../domain/commit.ts'
import type { Front, PortProblem } from '../../ports/router.ts'
import type { FrontContext, OpenFront } from './front.ts'
import { whyNot } from './front.ts'
import { HttpFront } from './http-front.ts'
import { portOf, type WantedFront } from './route-table.ts'
import { TcpFront } from './tcp-front.ts'
import { UdpFront } from './udp-front.ts'

type Endpoint = Pick<Front, 'published' | 'hostIp' | 'protocol'>
type ContextOf = (stream: string, port: () => string) => FrontContext
type Owner = { readonly stream: string; readonly context: FrontContext; front: Front }
type Listening = { readonly open: OpenFront; owner: Owner }
type Candidate = WantedFront & { readonly stream: string }

/** The ports that the router listens on. Each serves one stream at a time, and passes between those of one stack without being closed. */
export class Listeners {
  readonly #bind: string
  readonly #contextOf: ContextOf
  /** By stream, then by key. */
  readonly #wanted = new Map<string, ReadonlyMap<string, WantedFront>>()
  readonly #byKey = new Map<string, Listening>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(bind: string, contextOf: ContextOf) {
    this.#bind = bind
    this.#contextOf = contextOf
  }

  /**
   * Makes the stream listen on exactly the fronts that `wanted` names when its turn comes. Answers those that could not be opened; calling again
   * tries them again. One that another stream of the stack has passes by itself when it is due (see `rankOf`).
   */
  settle(stream: string, wanted: () => readonly WantedFront[]): Promise<readonly PortProblem[]> {
    return this.#inTurn(async () => {
      const before = this.#wanted.get(stream)
      const now = new Map(wanted().map(one => [this.#keyOf(one.front), one]))
      if (now.size > 0) this.#wanted.set(stream, now)
      else this.#wanted.delete(stream)
      // First what is left: it may be the same port at another address.
      for (const key of before?.keys() ?? []) if (!now.has(key)) await this.#give(key)
      const problems: PortProblem[] = []
      for (const [key, { front }] of now) {
        const why = (await this.#give(key)) ?? this.#whyElsewhere(key, stream)
        if (why) problems.push({ published: front.published, why })
      }
      return problems
    })
  }

  /** Tries each port that no stream of `isOwn` listens on already. */
  check(isOwn: (stream: string) => boolean, fronts: readonly Endpoint[]): Promise<readonly PortProblem[]> {
    return this.#inTurn(async () => {
      const problems: PortProblem[] = []
      const distinct = new Map(fronts.map(front => [this.#keyOf(front), front]))
      for (const front of distinct.values()) {
        const holders = [...this.#byKey.values()]
          .map(({ owner }) => owner)
          .filter(({ front: held }) => held.published === front.published && held.protocol === front.protocol)
        // Also one of ours on another address of the same port: it is closed before the new one is opened.
        if (holders.some(({ stream }) => isOwn(stream))) continue
        const other = this.#byKey.get(this.#keyOf(front))?.owner
        const why = other ? usedBy(other.stream) : await this.#try(front)
        if (why) problems.push({ published: front.published, why })
      }
      return problems
    })
  }

  destroy(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { open } of this.#byKey.values()) open.destroy()
      this.#byKey.clear()
      this.#wanted.clear()
    })
  }

  /** Opens, passes on or closes the port, by who wants it now. Answers why it could not be opened. */
  async #give(key: string): Promise<string | undefined> {
    const held = this.#byKey.get(key)
    const next = this.#nextOwner(key)
    if (held && next && next.front.layer === held.owner.front.layer) {
      if (next.stream === held.owner.stream) held.owner.front = next.front
      else held.owner = this.#ownerOf(next)
      return undefined
    }
    if (held) {
      this.#byKey.delete(key)
      held.open.close()
    }
    return next && this.#open(key, next)
  }

  /** A stack keeps what it has until none of its streams wants it; within it the highest rank counts, and of equal ones who has it. */
  #nextOwner(key: string): Candidate | undefined {
    const all = [...this.#wanted].flatMap(([stream, fronts]): readonly Candidate[] => {
      const wanted = fronts.get(key)
      return wanted ? [{ stream, ...wanted }] : []
    })
    const holder = this.#byKey.get(key)?.owner.stream
    const own = all.filter(({ stream }) => holder !== undefined && stackOf(stream) === stackOf(holder))
    const candidates = [...(own.length > 0 ? own : all)].sort((a, b) => Number(b.stream === holder) - Number(a.stream === holder))
    return candidates.sort((a, b) => rankOf(b) - rankOf(a))[0]
  }

  #whyElsewhere(key: string, stream: string): string | undefined {
    const holder = this.#byKey.get(key)?.owner.stream
    return holder !== undefined && stackOf(holder) !== stackOf(stream) ? usedBy(holder) : undefined
  }

  #ownerOf({ stream, front }: Candidate): Owner {
    const owner: Owner = { stream, front, context: this.#contextOf(stream, () => portOf(owner.front)) }
    return owner
  }

  async #open(key: string, next: Candidate): Promise<string | undefined> {
    const owner = this.#ownerOf(next)
    const listening: Listening = { owner, open: openFor(next.front, () => listening.owner.context) }
    try {
      await listening.open.listen(next.front.published, this.#hostOf(next.front))
      this.#byKey.set(key, listening)
      return undefined
    } catch (error) {
      return whyNot(error)
    }
  }

  async #try(front: Endpoint): Promise<string | undefined> {
    const context = this.#contextOf('', () => '')
    const trial = openFor({ ...front, layer: 'tcp' }, () => context)
    try {
      await trial.listen(front.published, this.#hostOf(front))
      return undefined
    } catch (error) {
      return whyNot(error)
    } finally {
      trial.destroy()
    }
  }

  /** Two at once could each find the other's port taken for a moment. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  #hostOf(front: Endpoint): string {
    return front.hostIp || this.#bind
  }

  #keyOf(front: Endpoint): string {
    return `${front.protocol} ${this.#hostOf(front)} ${front.published}`
  }
}

/**
 * Who gets a port that services of one stack pass on: who wishes for it and can be reached there; then who could until now, so that nothing
 * is lost while the other one's tasks start; then who wishes for it and will come.
 */
const rankOf = ({ front: { kept }, isServed }: WantedFront): number => (isServed ? (kept ? 2 : 3) : kept ? 0 : 1)

const stackOf = (stream: string): string => parseStream(stream).stack

const usedBy = (stream: string): string => `${stream} publishes it already`

function openFor(front: Pick<Front, 'protocol' | 'layer'>, context: () => FrontContext): OpenFront {
  if (front.protocol === 'udp') return new UdpFront(context)
  return front.layer === 'http' ? new HttpFront(context) : new TcpFront(context)
}
