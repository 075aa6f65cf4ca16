import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { CodedError } from '../../domain/errors.ts'
import { readIfThere, unusable, writeDurably } from './durable-file.ts'

/** A file that only the holder of the key file can read or change: AES-256-GCM, a fresh nonce at each write. */
export type SealedFile = {
  /** Undefined when nothing was ever written. */
  read(): Promise<string | undefined>
  write(text: string): Promise<void>
  /** HMAC-SHA256 in hex: equal texts are seen to be equal, but cannot be guessed without the key. */
  keyedHash(text: string): Promise<string>
}

type Keys = { readonly seal: Buffer; readonly hash: Buffer }

const FORMAT = Buffer.from('longshore secrets 1\n')
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The key file is made on first use. @throws CodedError LS-STORAGE, also when the key is missing or another one */
export function createSealedFile(paths: { readonly file: string; readonly key: string }): SealedFile {
  let keys: Promise<Keys> | undefined
  const unlocked = () => {
    keys ??= loadKeys(paths).catch(error => {
      keys = undefined // a full disk may have room later
      throw error
    })
    return keys
  }
  return {
    async read() {
      const sealed = await readIfThere(paths.file)
      return sealed && open(sealed, (await unlocked()).seal, paths.file)
    },
    write: async text => writeDurably(paths.file, seal(text, (await unlocked()).seal)),
    keyedHash: async text =>
      createHmac('sha256', (await unlocked()).hash)
        .update(text)
        .digest('hex'),
  }
}

async function loadKeys(paths: { readonly file: string; readonly key: string }): Promise<Keys> {
  const there = await readIfThere(paths.key)
  if (there && there.length !== 32) throw unusable(paths.key, 'it is not a key')
  // A new key beside old secrets would make them unreadable for good at the next write.
  if (!there && (await readIfThere(paths.file)))
    throw new CodedError('LS-STORAGE', `the key ${paths.key} is missing, and the secrets cannot be read without it`, {
      hint: `Restore the key from a backup, or remove ${paths.file} and deploy again.`,
    })
  const key = there ?? randomBytes(32)
  if (!there) await writeDurably(paths.key, key)
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', key, '', `longshore ${use}`, 32))
  return { seal: derive('seal'), hash: derive('hash') }
}

function seal(text: string, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(FORMAT)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([FORMAT, nonce, cipher.getAuthTag(), body])
}

function open(sealed: Buffer, key: Buffer, path: string): string {
  const nonceAt = FORMAT.length
  const tagAt = nonceAt + NONCE_BYTES
  const bodyAt = tagAt + TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES })
    decipher.setAAD(sealed.subarray(0, nonceAt)).setAuthTag(sealed.subarray(tagAt, bodyAt))
    return Buffer.concat([decipher.update(sealed.subarray(bodyAt)), decipher.final()]).toString('utf8')
  } catch {
    throw unusable(path, 'it was damaged, or sealed with another key')
  }
}
