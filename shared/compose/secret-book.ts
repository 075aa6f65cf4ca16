import { secretReference } from '../domain/secret-text.ts'

/** M3: the secret values met while a file is translated, by name. The same file gives the same names again. */
export class SecretBook {
  readonly #values = new Map<string, string>()

  /** Enters a value; of two different ones under one name the later gets a number. Answers the name. */
  add(wanted: string, value: string): string {
    const base = wanted.replace(/[^A-Za-z0-9._/-]/g, '_') || '_'
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}-${n}`
      const before = this.#values.get(name)
      if (before !== undefined && before !== value) continue
      this.#values.set(name, value)
      return name
    }
  }

  reference(wanted: string, value: string): string {
    return secretReference(this.add(wanted, value))
  }

  all(): Record<string, string> {
    return Object.fromEntries(this.#values)
  }
}
