import * as fs from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

/**
 * One record of a task's log, one JSON line: `t` ms since 1970, `s` stdout or stderr, `x` the text. A line that is too long to wait for
 * in memory is spooled in parts (`p`), and its last record tells where the first part begins (`from`), so that readers see one line.
 */
export type LogRecord = { readonly t: number; readonly s: 'o' | 'e'; readonly x: string; readonly p?: 1; readonly from?: number }

/** Files are named for the offset of their first byte in the whole log: a cursor holds across rotations. */
export const segmentName = (base: number): string => `log.${base}.jsonl`
export const segmentBase = (name: string): number | undefined => {
  const base = /^log\.(\d+)\.jsonl$/.exec(name)?.[1]
  return base === undefined ? undefined : Number(base)
}

/** The log keeps between three and four segments: 12 to 16 MiB,
 * and a line longer than that loses its beginning. */
export const SEGMENT_BYTES = 4 * 1024 * 1024
const SEGMENTS = 4
/** Characters of an unfinished line that are held in memory. */
const PART = 1024 * 1024

type Pending = { readonly decoder: StringDecoder; text: string; from?: number }

/** Writes a task's output as it comes. Writing is synchronous: a program that talks faster than the disk writes is slowed by its pipe. */
export class LogSpool {
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #pending: Record<'o' | 'e', Pending> = {
    o: { decoder: new StringDecoder(), text: '' },
    e: { decoder: new StringDecoder(), text: '' },
  }
  readonly #bases = [0]
  #file: number
  #offset = 0

  constructor(folder: string, segmentBytes = SEGMENT_BYTES) {
    this.#folder = folder
    this.#segmentBytes = segmentBytes
    this.#file = fs.openSync(join(folder, segmentName(0)), 'a', 0o600)
  }

  take(stream: 'o' | 'e', chunk: Uint8Array): void {
    const pending = this.#pending[stream]
    const pieces = pending.decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)).split('\n')
    const t = Date.now()
    let text = ''
    for (const [index, piece] of pieces.entries()) {
      pending.text += piece
      if (index === pieces.length - 1) break
      if (text.length >= PART) text = this.#flush(text)
      text += this.#line(stream, pending, t)
    }
    this.#flush(text)
    if (pending.text.length > PART) this.#part(stream, pending, t)
  }

  /** Writes what had no newline yet, and closes. */
  end(): void {
    for (const stream of ['o', 'e'] as const) {
      const pending = this.#pending[stream]
      pending.text += pending.decoder.end()
      if (pending.text || pending.from !== undefined) this.#flush(this.#line(stream, pending, Date.now()))
    }
    fs.fsyncSync(this.#file)
    fs.closeSync(this.#file)
  }

  #line(stream: 'o' | 'e', pending: Pending, t: number): string {
    const record: LogRecord = { t, s: stream, x: pending.text, from: pending.from }
    pending.text = ''
    pending.from = undefined
    return `${JSON.stringify(record)}\n`
  }

  #part(stream: 'o' | 'e', pending: Pending, t: number): void {
    pending.from ??= this.#offset
    const record: LogRecord = { t, s: stream, x: pending.text, p: 1 }
    pending.text = ''
    this.#flush(`${JSON.stringify(record)}\n`)
  }

  /** A full disk loses lines, not the program that prints them. */
  #flush(text: string): '' {
    if (!text) return ''
    const bytes = Buffer.from(text)
    let written = 0
    try {
      while (written < bytes.length) written += fs.writeSync(this.#file, bytes, written)
    } catch {
      // Takes back half a record, so that the next one begins on a line of its own.
      if (written > 0) fs.ftruncateSync(this.#file, this.#offset - this.#bases.at(-1)!)
      return ''
    }
    this.#offset += bytes.length
    if (this.#offset - this.#bases.at(-1)! >= this.#segmentBytes) this.#rotate()
    return ''
  }

  #rotate(): void {
    try {
      const fresh = fs.openSync(join(this.#folder, segmentName(this.#offset)), 'a', 0o600)
      fs.closeSync(this.#file)
      this.#file = fresh
      this.#bases.push(this.#offset)
    } catch {
      return
    }
    while (this.#bases.length > SEGMENTS) fs.rmSync(join(this.#folder, segmentName(this.#bases.shift()!)), { force: true })
  }
}
