import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../shared/adapters/dynalite/embedded-database.ts'

/** An adapter under test, empty, with whatever it needs opened. */
export type Fixture<Port> = {
  readonly port: Port
  /** Closes and opens what keeps the data, as a restarted process would; memory has nothing to close. */
  reopen(): Promise<Port>
  close(): Promise<void>
}
export type Make<Port> = () => Promise<Fixture<Port>>

export const inMemory =
  <Port>(create: () => Port): Make<Port> =>
  async () => {
    const port = create()
    return { port, reopen: async () => port, close: async () => undefined }
  }

/** On the embedded database in a temporary folder on the disk. */
export const onDynalite =
  <Port>(create: (database: EmbeddedDatabase, folder: string) => Port): Make<Port> =>
  async () => {
    const folder = await temporaryFolder()
    let database = await openEmbeddedDatabase(folder)
    return {
      port: create(database, folder),
      reopen: async () => {
        await database.close()
        database = await openEmbeddedDatabase(folder)
        return create(database, folder)
      },
      close: async () => {
        await database.close()
        await removeFolder(folder)
      },
    }
  }

/** On plain files in a temporary folder. */
export const onFiles =
  <Port>(create: (folder: string) => Port): Make<Port> =>
  async () => {
    const folder = await temporaryFolder()
    return { port: create(folder), reopen: async () => create(folder), close: () => removeFolder(folder) }
  }

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'longshore-test-'))
export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true })

/** Tries to change what a store gave or got; frozen things may object, which is as good as a copy. */
export function tamper(change: () => void): void {
  try {
    change()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}
