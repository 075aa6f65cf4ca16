import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import { select } from './log-cursor.ts'

/** Lines and bytes that are kept of one task. */
export const KEPT_LINES = 50_000
const PER_TASK_BYTES = 8 * 1_048_576
const IN_ALL_BYTES = 512 * 1_048_576

/** Only task ids name files: an id with a path in it must not leave the folder. */
const isTaskId = (id: string): boolean => /^[a-z0-9-]{1,64}$/.test(id)

/** The logs of tasks whose containers are removed: one file each, the newest lines of it, the oldest tasks given up first. */
export class KeptLogs {
  readonly #folder: string

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'logs')
  }

  /** Whole or not at all: a file appears under its name only when it is written. */
  async keep(id: string, lines: readonly LogLine[]): Promise<void> {
    if (!isTaskId(id)) return
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const draft = join(this.#folder, `${id}.draft`)
    await writeFile(draft, newestWithin(lines, PER_TASK_BYTES), { mode: 0o600 })
    await rename(draft, this.#pathOf(id))
  }

  async read(id: string, query: LogQuery): Promise<readonly LogLine[]> {
    if (!isTaskId(id)) return []
    try {
      return await select(linesIn(this.#pathOf(id)), query)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** Removes the oldest files until all of them together are within the bound. */
  async prune(bound = IN_ALL_BYTES): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [] as string[])
    const found = await Promise.all(
      names.map(async name => {
        const path = join(this.#folder, name)
        // A draft may get its name between the listing and this.
        const stats = await stat(path).catch(() => undefined)
        return stats && { path, size: stats.size, mtimeMs: stats.mtimeMs }
      }),
    )
    const files = found.filter(file => file !== undefined)
    let total = 0
    for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) if ((total += size) > bound) await rm(path, { force: true })
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}.jsonl`)
  }
}

function newestWithin(lines: readonly LogLine[], bound: number): string {
  const kept: string[] = []
  let total = 0
  for (const line of [...lines].reverse()) {
    const text = `${JSON.stringify(line)}\n`
    total += Buffer.byteLength(text)
    if (total > bound) break
    kept.push(text)
  }
  return kept.reverse().join('')
}

async function* linesIn(path: string): AsyncGenerator<LogLine> {
  for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text) yield JSON.parse(text) as LogLine
  }
}
