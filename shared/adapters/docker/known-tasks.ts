import type { ContainerInspectInfo } from 'dockerode'
import type { Fact } from '../../domain/fact.ts'
import { type Asked, factOf, type Health } from './facts.ts'

/**
 * What one run of the host knows about containers beyond what the engine says, by the engine's own container id. All of it may be lost:
 * a new run asks the engine again.
 */
export class KnownTasks {
  readonly asked = new Map<string, Asked>()
  /** Those with a memory limit: a kill of one may be for lack of memory. */
  readonly limited = new Set<string>()
  readonly #healths = new Map<string, { readonly health: Health; readonly seen: number }>()
  readonly #facts = new Map<string, Fact>()

  read(inspected: ContainerInspectInfo): Fact {
    if (inspected.HostConfig.Memory) this.limited.add(inspected.Id)
    const fact = this.#steady(factOf(inspected, this.asked.get(inspected.Id)), inspected.Id)
    if (this.#isLater(fact, this.#facts.get(inspected.Id))) this.#facts.set(inspected.Id, fact)
    return fact
  }

  /** The last fact read of it, if any. */
  last(containerId: string): Fact | undefined {
    return this.#facts.get(containerId)
  }

  /** Drops what is known of containers that are gone. */
  keepOnly(containerIds: ReadonlySet<string>): void {
    for (const known of [this.asked, this.limited, this.#healths, this.#facts]) {
      for (const id of [...known.keys()]) if (!containerIds.has(id)) known.delete(id)
    }
  }

  #isLater(fact: Fact, last: Fact | undefined): boolean {
    return !last || fact.seen >= last.seen
  }

  /**
   * Each probe would give a running task a later `seen`, and every look a fact to record, though nothing changed (L11): the same health
   * keeps the moment at which it was first seen.
   */
  #steady(fact: Fact, containerId: string): Fact {
    if (fact.state !== 'running' || !fact.health) return fact
    const before = this.#healths.get(containerId)
    if (before && before.health === fact.health) return { ...fact, seen: before.seen }
    if (!before || fact.seen > before.seen) this.#healths.set(containerId, { health: fact.health, seen: fact.seen })
    return fact
  }
}
