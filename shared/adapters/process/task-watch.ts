import type { Socket } from 'node:net'
import type { Seen } from '../../domain/fact.ts'
import { connectSupervisor } from './supervisor-client.ts'

/** How often folders are listed for tasks that others started, and for those whose supervisor cannot be followed. */
const POLL_MS = 500

export type Watched = {
  ids(): Promise<readonly string[]>
  look(id: string): Promise<Seen | undefined>
  socketPath(id: string): string
}

const isOver = (seen: Seen): boolean => seen.state === 'stopped' || seen.state === 'refused'

/**
 * Follows each live supervisor by an open connection: its word and its death are known within milliseconds. Tasks that had ended before
 * the watch began are not told; a listing has them.
 */
export class TaskWatch {
  readonly #tasks: Watched
  readonly #onSeen: (seen: Seen) => void
  readonly #sockets = new Map<string, Socket>()
  /** Of each task, what was told last; those that ended stay in `over` as long as their folder. */
  readonly #told = new Map<string, string>()
  readonly #over = new Set<string>()
  readonly #looking = new Set<string>()
  readonly #again = new Set<string>()
  #isOpen = true
  #timer: NodeJS.Timeout | undefined

  constructor(tasks: Watched, onSeen: (seen: Seen) => void) {
    this.#tasks = tasks
    this.#onSeen = onSeen
    void this.#poll(true)
  }

  close(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  /** Looks at a task now, for instance one that was just started. Never fails: what a look misses, the next one sees. */
  async follow(id: string, isQuiet = false): Promise<void> {
    this.#again.add(id)
    if (this.#looking.has(id)) return
    this.#looking.add(id)
    try {
      while (this.#isOpen && this.#again.delete(id)) await this.#look(id, isQuiet)
    } catch {
      // An unreadable folder, or a clock that may not be read now: the next poll looks again.
    } finally {
      this.#looking.delete(id)
    }
  }

  async #poll(isFirst: boolean): Promise<void> {
    const ids = await this.#tasks.ids().catch(() => [...this.#told.keys()])
    for (const known of [...this.#told.keys()]) if (!ids.includes(known)) this.#forget(known)
    const unfollowed = ids.filter(id => !this.#over.has(id) && !this.#sockets.has(id))
    await Promise.all(unfollowed.map(id => this.follow(id, isFirst)))
    if (this.#isOpen) this.#timer = setTimeout(() => void this.#poll(false), POLL_MS)
  }

  async #look(id: string, isQuiet: boolean): Promise<void> {
    const seen = await this.#tasks.look(id)
    if (!seen || !this.#isOpen) return
    const told = `${seen.state} ${seen.seen}`
    const isNew = this.#told.get(id) !== told
    this.#told.set(id, told)
    if (isOver(seen)) this.#over.add(id)
    if (isNew && !(isQuiet && isOver(seen))) this.#onSeen(seen)
    if (!isOver(seen) && !this.#sockets.has(id)) await this.#connect(id)
  }

  async #connect(id: string): Promise<void> {
    const socket = await connectSupervisor(this.#tasks.socketPath(id))
    if (!socket) return
    if (!this.#isOpen) return void socket.destroy()
    this.#sockets.set(id, socket)
    socket.on('data', () => void this.follow(id))
    socket.on('close', () => {
      this.#sockets.delete(id)
      void this.follow(id)
    })
  }

  #forget(id: string): void {
    this.#told.delete(id)
    this.#over.delete(id)
    this.#sockets.get(id)?.destroy()
  }
}
