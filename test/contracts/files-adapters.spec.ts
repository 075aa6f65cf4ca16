import { appendFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBlobs } from '../../shared/adapters/files/blobs.ts'
import { createSecrets } from '../../shared/adapters/files/secrets.ts'
import { removeFolder, temporaryFolder } from './fixture.ts'

const modeOf = async (path: string) => (await stat(path)).mode & 0o777
const filesIn = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

describe('secrets in a file', () => {
  let folder: string
  let sealed: string
  let key: string
  beforeEach(async () => {
    folder = join(await temporaryFolder(), 'data')
    sealed = join(folder, 'secrets.sealed')
    key = join(folder, 'secrets.key')
  })
  afterEach(() => removeFolder(join(folder, '..')))

  it('M3: only the owner can read the files, and no value, name or stack stands in them', async () => {
    await createSecrets(folder).put('shop-stack', 'db-password', 'correct horse battery staple')
    expect((await filesIn(folder)).sort()).toEqual([key, sealed])
    expect([await modeOf(folder), await modeOf(key), await modeOf(sealed)]).toEqual([0o700, 0o600, 0o600])
    for (const file of await filesIn(folder)) expect((await readFile(file)).toString('latin1')).not.toMatch(/horse|db-password|shop-stack/)
  })

  it('M3: hashes of equal values differ between installations', async () => {
    const hash = async (data: string) => (await createSecrets(data).put('shop', 'db', 'a')).hash
    expect(await hash(join(folder, 'one'))).not.toBe(await hash(join(folder, 'two')))
  })

  it('M3: a preview writes no secrets', async () => {
    await createSecrets(folder).preview('shop', 'db', 'a')
    await expect(stat(sealed)).rejects.toThrow('ENOENT')
  })

  it('seals each time with another nonce', async () => {
    const secrets = createSecrets(folder)
    await secrets.put('shop', 'db', 'a')
    const first = await readFile(sealed)
    await secrets.put('shop', 'db', 'b')
    const nonces = [first, await readFile(sealed)].map(bytes => bytes.subarray(20, 32).toString('hex'))
    expect(nonces[0]).not.toBe(nonces[1])
  })

  it.each([0, 25, 40, 60])('sees a change of byte %i', async index => {
    await createSecrets(folder).put('shop', 'db', 'a')
    const bytes = await readFile(sealed)
    bytes[index]! ^= 1
    await writeFile(sealed, bytes)
    await expect(createSecrets(folder).get('shop', 'db', 1)).rejects.toMatchObject({ code: 'LS-STORAGE' })
    await expect(createSecrets(folder).put('shop', 'db', 'b')).rejects.toMatchObject({ code: 'LS-STORAGE' })
    expect(await readFile(sealed)).toEqual(bytes) // never overwritten by what could not read it
  })

  it.each([0, 10, 30])('sees a file cut off after %i bytes', async length => {
    await createSecrets(folder).put('shop', 'db', 'a')
    await writeFile(sealed, (await readFile(sealed)).subarray(0, length))
    await expect(createSecrets(folder).get('shop', 'db', 1)).rejects.toMatchObject({ code: 'LS-STORAGE' })
  })

  it('makes no new key beside secrets that need the old one', async () => {
    await createSecrets(folder).put('shop', 'db', 'a')
    await rm(key)
    await expect(createSecrets(folder).put('shop', 'db', 'b')).rejects.toMatchObject({
      code: 'LS-STORAGE',
      hint: expect.stringContaining('backup'),
    })
    await expect(stat(key)).rejects.toThrow('ENOENT')
    await writeFile(key, 'short')
    await expect(createSecrets(folder).get('shop', 'db', 1)).rejects.toMatchObject({ code: 'LS-STORAGE' })
  })

  it('leaves out what a crash left half written', async () => {
    await createSecrets(folder).put('shop', 'db', 'a')
    await writeFile(`${sealed}.0123456789ab.draft`, 'half')
    expect(await createSecrets(folder).get('shop', 'db', 1)).toBe('a')
  })

  it('goes on after a put that failed', async () => {
    await writeFile(join(folder, '..', 'file'), '')
    const nowhere = createSecrets(join(folder, '..', 'file', 'x'))
    await expect(nowhere.put('shop', 'db', 'a')).rejects.toMatchObject({ code: 'LS-STORAGE' })
    await rm(join(folder, '..', 'file'))
    expect((await nowhere.put('shop', 'db', 'a')).version).toBe(1)
  })
})

describe('blobs in files', () => {
  let folder: string
  beforeEach(async () => void (folder = await temporaryFolder()))
  afterEach(() => removeFolder(folder))

  it('keeps one file a content, for its owner only, and no drafts', async () => {
    const blobs = createBlobs(folder)
    const hash = await blobs.put(Buffer.from('hello'))
    await Promise.all(Array.from({ length: 10 }, () => blobs.put(Buffer.from('hello'))))
    expect(await filesIn(folder)).toEqual([join(folder, hash.slice(0, 2), hash)])
    expect(await modeOf(join(folder, hash.slice(0, 2), hash))).toBe(0o600)
  })

  it('gives no content that is not the one asked for, and heals one that was cut off', async () => {
    const blobs = createBlobs(folder)
    const hash = await blobs.put(Buffer.from('hello'))
    await appendFile(join(folder, hash.slice(0, 2), hash), '!')
    await expect(blobs.get(hash)).rejects.toMatchObject({ code: 'LS-STORAGE' })
    await blobs.put(Buffer.from('hello'))
    expect(Buffer.from((await blobs.get(hash))!).toString()).toBe('hello')
  })

  it('tells a folder that cannot be written', async () => {
    await expect(createBlobs('/dev/null/x').put(Buffer.from('hello'))).rejects.toMatchObject({ code: 'LS-STORAGE' })
    await expect(createBlobs('/dev/null/x').get('a'.repeat(64))).rejects.toMatchObject({ code: 'LS-STORAGE' })
  })
})
