import type { SecretVersion } from '../domain/secret-version.ts'

/** M3: values live here and nowhere else. `name` is unique in its stack. */
export interface Secrets {
  /** The same value as the newest version's gives that version again. */
  put(stack: string, name: string, value: string): Promise<SecretVersion>
  /** What `put` would answer, without storing anything (dry runs). */
  preview(stack: string, name: string, value: string): Promise<SecretVersion>
  /** Undefined when that version is gone. */
  get(stack: string, name: string, version: number): Promise<string | undefined>
  /** Removes every secret of a stack. */
  forget(stack: string): Promise<void>
}
