import { join } from 'node:path'
import * as z from 'zod/mini'
import type { Secrets } from '../../ports/secrets.ts'
import { createSealedFile } from './sealed-file.ts'

/** Versions of one secret; `lastVersion` outlives its values, since a number must never come to mean another value. */
const Kept = z.strictObject({
  stack: z.string(),
  name: z.string(),
  lastVersion: z.int(),
  values: z.array(z.strictObject({ version: z.int(), value: z.string() })),
})
const Content = z.array(Kept)
type Content = z.infer<typeof Content>

/**
 * The secrets of one installation (M3): one encrypted file `secrets.sealed` and its key `secrets.key`. Changes are made one after the other;
 * the host's lock on the data folder keeps other processes out. @throws CodedError LS-STORAGE
 */
export function createSecrets(folder: string): Secrets {
  const file = createSealedFile({ file: join(folder, 'secrets.sealed'), key: join(folder, 'secrets.key') })
  let last: Promise<unknown> = Promise.resolve()

  const load = async (): Promise<Content> => Content.parse(JSON.parse((await file.read()) ?? '[]'))
  const save = (content: Content) => file.write(JSON.stringify(content))
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = last.then(change)
    last = done.catch(() => undefined) // told to the one who asked; the next in line starts afresh
    return done
  }

  async function next(content: Content, stack: string, name: string, value: string) {
    const kept = find(content, stack, name)
    const lastVersion = kept?.lastVersion ?? 0
    const isKnown = kept !== undefined && textOf(kept, lastVersion) === value
    const hash = await file.keyedHash(JSON.stringify([stack, name, value]))
    return { kept, isKnown, answer: { version: isKnown ? lastVersion : lastVersion + 1, hash } }
  }

  return {
    put: (stack, name, value) =>
      inTurn(async () => {
        const content = await load()
        const { kept, isKnown, answer } = await next(content, stack, name, value)
        if (isKnown) return answer
        const { version } = answer
        const changed = { stack, name, lastVersion: version, values: [...(kept?.values ?? []), { version, value }] }
        await save([...content.filter(other => other !== kept), changed])
        return answer
      }),

    preview: (stack, name, value) => inTurn(async () => (await next(await load(), stack, name, value)).answer),

    async get(stack, name, version) {
      const kept = find(await load(), stack, name)
      return kept && textOf(kept, version)
    },

    forget: stack =>
      inTurn(async () => {
        const content = await load()
        if (!content.some(kept => kept.stack === stack && kept.values.length)) return
        await save(content.map(kept => (kept.stack === stack ? { ...kept, values: [] } : kept)))
      }),
  }
}

const find = (content: Content, stack: string, name: string) => content.find(kept => kept.stack === stack && kept.name === name)
const textOf = (kept: Content[number], version: number) => kept.values.find(entry => entry.version === version)?.value
