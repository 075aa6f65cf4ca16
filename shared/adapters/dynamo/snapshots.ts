import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip } from 'node:zlib'
import type { Blobs } from '../../ports/blobs.ts'
import type { Snapshot, Snapshots } from '../../ports/snapshots.ts'
import { type Item, N, numberOf, S, textOf } from './item.ts'
import { createSetMembers, type SetMembersOptions } from './set-members.ts'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

export type SnapshotsOptions = SetMembersOptions & {
  /** Holds the states that are too large for an item. */
  readonly blobs: Blobs
  /** Gzipped bytes that still stand in the item itself: one read less. */
  readonly inlineBytes?: number
}

/** Below this, handing it to another thread takes longer than the work. */
const UNPACKED_HERE = 32 * 1024

/** Well below the 400 KB of an item. */
const INLINE_BYTES = 350 * 1024

/**
 * L5: one item a stream, whose conditional put moves it forward only: to a higher version, or to a newer schema of the same one. Whatever
 * cannot be read back is no snapshot, since folding anew is always right. @throws CodedError LS-STORAGE
 */
export function createSnapshots({ blobs, inlineBytes = INLINE_BYTES, ...options }: SnapshotsOptions): Snapshots {
  const members = createSetMembers(options)

  async function packedState(item: Item): Promise<Uint8Array | undefined> {
    const hash = textOf(item, 'blob')
    return hash === undefined ? item['state']?.B : blobs.get(hash)
  }

  return {
    async load(stream) {
      const item = await members.get(setOf(stream), MEMBER)
      const packed = item && (await packedState(item))
      const state = packed && (await stateOf(packed))
      return item && state && { stream, version: numberOf(item, 'covers'), schema: numberOf(item, 'schema'), state: state.value }
    },

    async save({ stream, version, schema, state }: Snapshot) {
      const packed = await pack(JSON.stringify(state ?? null))
      const content: Item = packed.length > inlineBytes ? { blob: S(await blobs.put(packed)) } : { state: { B: packed } }
      const attributes = { covers: N(version), schema: N(schema), ...content }
      await members.put(setOf(stream), MEMBER, attributes, {
        anyOf: ['#covers < :covers', '#covers = :covers AND #schema < :schema'],
        names: ['covers', 'schema'],
        values: { ':covers': N(version), ':schema': N(schema) },
      })
    },
  }
}

/** A partition each, so that snapshots of busy streams do not share one. */
const setOf = (stream: string) => `snapshot/${stream}`
const MEMBER = 'newest'

async function stateOf(packed: Uint8Array): Promise<{ readonly value: unknown } | undefined> {
  try {
    const unpacked = packed.length > UNPACKED_HERE ? await unpack(packed) : gunzipSync(packed)
    return { value: JSON.parse(unpacked.toString()) }
  } catch {
    return undefined
  }
}
