import { createHmac } from 'node:crypto'
import type { SecretVersion } from '../../domain/secret-version.ts'
import type { Secrets } from '../../ports/secrets.ts'

type Kept = { readonly stack: string; lastVersion: number; readonly values: Map<number, string> }

/** The secrets of one process, for tests and simulations; the hashes are keyed with a constant, so that runs repeat. */
export function createSecrets(): Secrets {
  const kept = new Map<string, Kept>()
  const keyOf = (stack: string, name: string) => JSON.stringify([stack, name])
  const versionOf = (key: string, version: number, value: string): SecretVersion => ({
    version,
    hash: createHmac('sha256', 'memory')
      .update(JSON.stringify([key, value]))
      .digest('hex'),
  })

  const nextOf = (key: string, value: string) => {
    const { lastVersion = 0, values } = kept.get(key) ?? {}
    return values?.get(lastVersion) === value ? lastVersion : lastVersion + 1
  }

  return {
    async put(stack, name, value) {
      const key = keyOf(stack, name)
      const version = nextOf(key, value)
      const secret = kept.get(key) ?? { stack, lastVersion: 0, values: new Map<number, string>() }
      secret.lastVersion = version
      secret.values.set(version, value)
      kept.set(key, secret)
      return versionOf(key, version, value)
    },
    async preview(stack, name, value) {
      const key = keyOf(stack, name)
      return versionOf(key, nextOf(key, value), value)
    },
    get: async (stack, name, version) => kept.get(keyOf(stack, name))?.values.get(version),
    async forget(stack) {
      for (const secret of kept.values()) if (secret.stack === stack) secret.values.clear()
    },
  }
}
