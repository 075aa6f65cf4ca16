import type { Front, PortProblem } from '../../ports/router.ts'
import type { FrontContext, OpenFront } from './front.ts'
import { whyNot } from './front.ts'
import { HttpFront } from './http-front.ts'
import { TcpFront } from './tcp-front.ts'
import { UdpFront } from './udp-front.ts'

type Listening = { readonly stream: string; readonly open: OpenFront; front: Front }
type Endpoint = Pick<Front, 'published' | 'hostIp' | 'protocol'>
type ContextOf = (stream: string, port: () => string) => FrontContext

/** The ports that the router listens on, each for one stream. */
export class Listeners {
  readonly #bind: string
  readonly #contextOf: ContextOf
  readonly #byKey = new Map<string, Listening>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(bind: string, contextOf: ContextOf) {
    this.#bind = bind
    this.#contextOf = contextOf
  }

  /**
   * Makes the stream listen on exactly the fronts that `wanted` names when its turn comes. Answers those that could not be opened; calling again
   * tries them again.
   */
  settle(stream: string, wanted: () => readonly Front[]): Promise<readonly PortProblem[]> {
    return this.#inTurn(async () => {
      const fronts = new Map(wanted().map(front => [this.#keyOf(front), front]))
      this.#closeUnwanted(stream, fronts)
      const problems: PortProblem[] = []
      for (const [key, front] of fronts) {
        const why = await this.#open(stream, key, front)
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
        const holders = [...this.#byKey.values()].filter(
          ({ front: held }) => held.published === front.published && held.protocol === front.protocol,
        )
        // Also one of ours on another address of the same port: it is closed before the new one is opened.
        if (holders.some(({ stream }) => isOwn(stream))) continue
        const other = this.#byKey.get(this.#keyOf(front))
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
    })
  }

  #closeUnwanted(stream: string, fronts: ReadonlyMap<string, Front>): void {
    for (const [key, listening] of this.#byKey) {
      if (listening.stream !== stream) continue
      const front = fronts.get(key)
      if (front && front.layer === listening.front.layer) listening.front = front
      else {
        this.#byKey.delete(key)
        listening.open.close()
      }
    }
  }

  async #open(stream: string, key: string, front: Front): Promise<string | undefined> {
    const held = this.#byKey.get(key)
    if (held) return held.stream === stream ? undefined : usedBy(held.stream)
    const listening: Listening = {
      stream,
      front,
      open: openFor(
        front,
        this.#contextOf(stream, () => portOf(listening.front)),
      ),
    }
    try {
      await listening.open.listen(front.published, this.#hostOf(front))
      this.#byKey.set(key, listening)
      return undefined
    } catch (error) {
      return whyNot(error)
    }
  }

  async #try(front: Endpoint): Promise<string | undefined> {
    const layer = 'tcp'
    const trial = openFor(
      { ...front, layer, target: 0 },
      this.#contextOf('', () => ''),
    )
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

const portOf = (front: Front): string => `${front.target}/${front.protocol}`

const usedBy = (stream: string): string => `${stream} publishes it already`

function openFor(front: Front, context: FrontContext): OpenFront {
  if (front.protocol === 'udp') return new UdpFront(context)
  return front.layer === 'http' ? new HttpFront(context) : new TcpFront(context)
}
