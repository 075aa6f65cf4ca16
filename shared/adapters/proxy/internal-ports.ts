import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import * as z from 'zod/mini'
import type { Address } from '../../domain/fact.ts'
import type { FrontContext } from './front.ts'
import { TcpFront } from './tcp-front.ts'

const HOST = '127.0.0.1'
const Remembered = z.record(z.string(), z.int().check(z.minimum(1), z.maximum(65_535)))

type ContextOf = (stream: string, port: () => string) => FrontContext

/**
 * Loopback ports by which plain processes find their peers (M5): one for each (stream, port), the same after a restart, because a running process was
 * told its peer's port when it started.
 */
export class InternalPorts {
  readonly #file: string | undefined
  readonly #contextOf: ContextOf
  readonly #ports: Map<string, number>
  readonly #open = new Map<string, Promise<{ readonly front: TcpFront; readonly port: number }>>()

  constructor(contextOf: ContextOf, file?: string) {
    this.#contextOf = contextOf
    this.#file = file
    this.#ports = new Map(Object.entries(file ? readState(file) : {}))
    // Failures show when somebody asks for the address, and are tried again then.
    for (const key of this.#ports.keys()) this.#listen(key).catch(() => undefined)
  }

  async address(stream: string, target: number): Promise<Address> {
    const { port } = await this.#listen(`${stream} ${target}`)
    return { host: HOST, port }
  }

  /** Closes and forgets those whose stream matches. */
  async forget(isForgotten: (stream: string) => boolean): Promise<void> {
    for (const [key, opening] of this.#open) {
      if (!isForgotten(key.split(' ')[0]!)) continue
      this.#open.delete(key)
      this.#ports.delete(key)
      await opening.then(({ front }) => front.close()).catch(() => undefined)
    }
    this.#save()
  }

  async destroy(): Promise<void> {
    for (const opening of this.#open.values()) await opening.then(({ front }) => front.destroy()).catch(() => undefined)
    this.#open.clear()
  }

  #listen(key: string): Promise<{ readonly front: TcpFront; readonly port: number }> {
    let opening = this.#open.get(key)
    if (!opening) {
      opening = this.#begin(key)
      this.#open.set(key, opening)
      opening.catch(() => this.#open.delete(key))
    }
    return opening
  }

  async #begin(key: string): Promise<{ readonly front: TcpFront; readonly port: number }> {
    const [stream = '', target] = key.split(' ')
    const open = async (wanted: number) => {
      const context = this.#contextOf(stream, () => `${target}/tcp`)
      const front = new TcpFront(() => context)
      return { front, port: await front.listen(wanted, HOST) }
    }
    // A port that another program took meanwhile cannot be had back: the peers need a new start, which a new port makes visible.
    const opened = await open(this.#ports.get(key) ?? 0).catch(() => open(0))
    if (this.#ports.get(key) !== opened.port) {
      this.#ports.set(key, opened.port)
      this.#save()
    }
    return opened
  }

  #save(): void {
    if (!this.#file) return
    const draft = `${this.#file}.new`
    writeFileSync(draft, `${JSON.stringify(Object.fromEntries(this.#ports), null, 2)}\n`)
    renameSync(draft, this.#file)
  }
}

/** A file that is not there, or was broken by a full disk, means new ports, not a host that cannot start. */
function readState(file: string): Readonly<{ [key: string]: number }> {
  try {
    return Remembered.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return {}
  }
}
