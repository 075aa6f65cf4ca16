import { open as openFile, rm } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'

/**
 * What dynalite leaves to wish for in its use of LevelDB, mended where both meet: the methods of the class that dynalite's own database is
 * made of (seen with dynalite 4.0.0 and classic-level 3.0.0).
 *
 * - It drops LevelDB's write options, so nothing is synced to the disk: writes of the log are, here.
 * - An error of LevelDB (a full disk, a damaged file) is thrown out of a callback and ends the process: here it becomes the answer 500
 *   that DynamoDB gives to its own failures.
 * - After a write that failed halfway, LevelDB may write on behind the torn record, and what stands there is lost at the next opening: here
 *   it takes no write until it was opened again.
 * - Nobody hears whether the database could be opened: here one can wait for it.
 * - Each read of one value, two in every put, goes to another thread and back, which takes far longer than the read: here it is read at once.
 */
export type LevelWatch = {
  /** Keys whose loss in a power cut does no harm, since they can be computed again; they are written without waiting for the disk. */
  readonly isDerived: (key: string) => boolean
  /** A write failed, and no other is taken until the database was mended. */
  readonly onBroken: (repair: Repair) => void
}

export type Repair = {
  /** Closes and opens the database. To be called with no operation under way. While the disk has no room it throws, and changes nothing. */
  run(): Promise<void>
  /** Whether it can be read: a closed database that could not be opened again cannot. */
  isReadable(): boolean
}

type Level = {
  readonly location: string
  readonly status: string
  open(): Promise<void>
  close(): Promise<void>
  _open(options: object): Promise<void>
  _get(key: unknown, options: object): Promise<unknown>
  _getSync(key: unknown, options: object): unknown
  _put(key: unknown, value: unknown, options: object): Promise<void>
  _del(key: unknown, options: object): Promise<void>
  _batch(writes: readonly { readonly key?: unknown }[], options: object): Promise<void>
  _iterator(options: object): { _next(): Promise<unknown> }
}
type Watched = LevelWatch & { readonly opened: () => void; readonly failed: (error: unknown) => void; isBroken: boolean; level?: Level }

/** By folder, in the order of asking: whoever opens next takes the first. */
const expected = new Map<string, Watched[]>()
const watches = new WeakMap<object, Watched>()
let isHooked = false

export type WatchedLevel = {
  readonly opened: Promise<void>
  /** Frees the folder also where dynalite does not: its server closes the database only if it ever listened. Doing it again does nothing. */
  close(): Promise<void>
}

/** Call right before dynalite opens a database in `location`. */
export function watchLevel(location: string, watch: LevelWatch): WatchedLevel {
  const prototype = ClassicLevel.prototype as unknown as Level
  if (!isHooked) hook(prototype)
  isHooked = true
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const watched: Watched = { ...watch, opened: resolve, failed: reject, isBroken: false }
  expected.set(location, [...(expected.get(location) ?? []), watched])
  return { opened: promise, close: async () => watched.level && prototype.close.call(watched.level) }
}

function hook(prototype: Level): void {
  const { open, close, _open, _put, _del, _batch, _iterator } = prototype

  prototype._open = async function (options) {
    const watched = watches.get(this) ?? expected.get(this.location)?.shift()
    if (watched) watches.set((watched.level = this), watched)
    if (!expected.get(this.location)?.length) expected.delete(this.location)
    try {
      await _open.call(this, options)
      watched?.opened()
    } catch (error) {
      watched?.failed(error)
      throw error
    }
  }
  prototype._get = function (key, options) {
    return answerable(new Promise(resolve => resolve(this._getSync(key, options))))
  }
  prototype._put = function (key, value, options) {
    return write(this, [key], sync => _put.call(this, key, value, { ...options, sync }))
  }
  prototype._del = function (key, options) {
    return write(this, [key], sync => _del.call(this, key, { ...options, sync }))
  }
  prototype._batch = function (writes, options) {
    const keys = writes.map(({ key }) => key)
    return write(this, keys, sync => _batch.call(this, writes, { ...options, sync }))
  }
  prototype._iterator = function (options) {
    const iterator = _iterator.call(this, options)
    const { _next } = iterator
    iterator._next = () => answerable(_next.call(iterator))
    return iterator
  }

  function write(level: Level, keys: readonly unknown[], act: (sync: boolean) => Promise<void>): Promise<void> {
    const watched = watches.get(level)
    if (!watched) return act(true)
    if (watched.isBroken) return answerable(Promise.reject(new Error('an earlier write failed, and the database was not opened again yet')))
    return answerable(
      act(!keys.every(key => watched.isDerived(String(key)))).catch(error => {
        if (!watched.isBroken) watched.onBroken({ run: () => reopen(level, watched), isReadable: () => level.status === 'open' })
        watched.isBroken = true
        throw error
      }),
    )
  }

  /** By the prototype's own methods, because dynalite replaces those of its instance. */
  async function reopen(level: Level, watched: Watched): Promise<void> {
    if (level.status === 'open') await findRoom(`${level.location}.room`)
    await close.call(level)
    await open.call(level)
    watched.isBroken = false
  }
}

/** LevelDB writes at opening what stood in its memory, up to 4 MB; without room for that it would be closed and stay so. */
async function findRoom(path: string): Promise<void> {
  const file = await openFile(path, 'w', 0o600)
  try {
    await file.writeFile(Buffer.alloc(8 * 1024 * 1024))
    await file.sync()
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

/** dynalite answers an error that carries these two, and throws any other. */
async function answerable<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    throw Object.assign(error, { statusCode: 500, body: failureBody(error.message) })
  }
}

/** How DynamoDB says that a failure is its own. */
export const failureBody = (message: string) => ({ __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message })
