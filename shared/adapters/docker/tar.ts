/** One entry of a tar archive; `path` without a leading slash. Times are left at zero: the same files give the same bytes. */
export type TarEntry = {
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink'
  readonly content?: Uint8Array
  readonly linkTo?: string
  readonly mode: number
  readonly uid?: number
  readonly gid?: number
}

const BLOCK = 512
const TYPES = { file: '0', symlink: '2', directory: '5', pax: 'x' } as const

/** Two empty blocks. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK)

export const tarOf = (entries: readonly TarEntry[]): Buffer => Buffer.concat([...entries.map(tarEntry), tarEnd()])

/** The bytes of one entry (POSIX ustar; a name that does not fit goes into a pax record before it). */
export function tarEntry(entry: TarEntry): Buffer {
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path
  const extended = Buffer.concat([paxRecord('path', path), paxRecord('linkpath', entry.linkTo ?? '')])
  const before = extended.length ? [header({ name: 'pax', mode: 0o644, size: extended.length, type: 'pax' }), padded(extended)] : []
  const content = entry.type === 'file' ? Buffer.from(entry.content ?? []) : Buffer.alloc(0)
  return Buffer.concat([...before, header({ ...entry, name: path, size: content.length }), padded(content)])
}

/** Nothing for a value that fits into its field of 100 bytes. Its own length is part of the length that a record begins with. */
function paxRecord(key: string, value: string): Buffer {
  if (Buffer.byteLength(value) <= 100) return Buffer.alloc(0)
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

type Header = {
  readonly name: string
  readonly mode: number
  readonly size: number
  readonly type: keyof typeof TYPES
  readonly linkTo?: string
  readonly uid?: number
  readonly gid?: number
}

function header({ name, mode, size, type, linkTo = '', uid = 0, gid = 0 }: Header): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, offset: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'ascii')
  block.write(name, 0, 100)
  octal(mode & 0o7777, 100, 8)
  octal(uid, 108, 8)
  octal(gid, 116, 8)
  octal(size, 124, 12)
  octal(0, 136, 12)
  block.write('        ', 148, 'ascii')
  block.write(TYPES[type], 156, 'ascii')
  block.write(linkTo, 157, 100)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii')
  return block
}

const padded = (content: Buffer): Buffer => Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
