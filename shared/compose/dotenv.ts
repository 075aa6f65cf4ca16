import { CodedError } from '../domain/errors.ts'
import { interpolate, type Scope } from './interpolate.ts'
import { textOf } from './node.ts'

export type DotenvScope = {
  /** Variables from outside of the file; they win over the file's own earlier lines. */
  readonly lookup: (name: string) => string | undefined
  readonly note: (text: string, line: number) => void
}

const KEY = /[ \t]*(?:export[ \t]+)?([^\s=:#'"]+)[ \t]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  a: '\x07',
  b: '\b',
  f: '\f',
  '\\': '\\',
  '"': '"',
  $: '$$',
}

const withEscapes = (text: string): string => text.replace(/\\([\s\S])/g, (all, char: string) => ESCAPES[char] ?? all)

/** One `.env` file; see parseDotenv. */
class Dotenv {
  readonly #file: string
  readonly #text: string
  readonly #scope: DotenvScope
  readonly #values = new Map<string, string>()
  #at = 0
  #line = 1

  constructor(file: string, text: string, scope: DotenvScope) {
    this.#file = file
    this.#text = text
    this.#scope = scope
  }

  parse(): Record<string, string> {
    while (this.#at < this.#text.length) this.#entry()
    return Object.fromEntries(this.#values)
  }

  #fail(message: string, hint?: string): never {
    throw new CodedError('LS-COMPOSE-VALUE', message, { place: { file: this.#file, line: this.#line, column: 1 }, ...(hint && { hint }) })
  }

  /** What is left of the line, newline excluded; moves behind it. */
  #restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#at)
    const rest = this.#text.slice(this.#at, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#text.length : end + 1
    return rest
  }

  #entry(): void {
    const start = this.#at
    const line = this.#restOfLine()
    if (!/^\s*(#|$)/.test(line)) {
      this.#at = start
      this.#assignment()
    }
    this.#line++
  }

  #assignment(): void {
    KEY.lastIndex = this.#at
    const found = KEY.exec(this.#text)
    if (!found) this.#fail('a line is neither KEY=value nor a comment')
    this.#at += found[0].length
    const separator = this.#text[this.#at]
    if (separator === '=' || separator === ':') {
      this.#at++
      this.#values.set(found[1]!, this.#value())
    } else this.#inherited(found[1]!)
  }

  /** A key alone takes its value from outside, or is left out. */
  #inherited(key: string): void {
    if (!/^\s*(#.*)?$/.test(this.#restOfLine())) this.#fail(`"${key}" is followed by something that is neither = nor a comment`)
    const value = this.#scope.lookup(key)
    if (value !== undefined) this.#values.set(key, value)
  }

  #value(): string {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
    const quote = this.#text[this.#at]
    if (quote === "'" || quote === '"') return this.#quoted(quote)
    const first = this.#text[this.#at - 1]
    const rest = this.#restOfLine()
    const text = first !== '=' && first !== ':' && rest.startsWith('#') ? '' : rest.replace(/\s+#.*$/, '')
    return this.#interpolate(text.trimEnd())
  }

  #quoted(quote: string): string {
    let end = this.#at + 1
    while (end < this.#text.length && this.#text[end] !== quote) end += this.#text[end] === '\\' ? 2 : 1
    if (end >= this.#text.length) this.#fail(`a ${quote} is not closed`)
    const body = this.#text.slice(this.#at + 1, end)
    const value = quote === '"' ? this.#interpolate(withEscapes(body)) : body.replaceAll("\\'", "'")
    this.#line += body.split('\n').length - 1
    this.#at = end + 1
    if (!/^\s*(#.*)?$/.test(this.#restOfLine())) this.#fail('something stands behind a closing quote')
    return value
  }

  #interpolate(text: string): string {
    const line = this.#line
    const scope: Scope = {
      lookup: name => {
        const value = this.#scope.lookup(name) ?? this.#values.get(name)
        return value === undefined ? undefined : { value, isSecret: false }
      },
      unset: name => this.#scope.note(`variable ${name} is not set; it is taken as empty`, line),
      // The text of such a line may hold a secret, so the message does not quote it.
      fail: (_, hint) => {
        const place = { file: this.#file, line, column: 1 }
        throw new CodedError('LS-COMPOSE-VARIABLE', 'a value holds a malformed or missing variable', { place, ...(hint && { hint }) })
      },
    }
    return textOf(interpolate(text, scope))
  }
}

/**
 * Reads a `.env` file by Compose's rules: `#` comments, `export `, `=` or `:`, single quotes raw, double quotes with escapes, both over
 * several lines, variables in unquoted and double-quoted values, a key alone inherited.
 * @throws CodedError LS-COMPOSE-VALUE or LS-COMPOSE-VARIABLE with the line; never with a value
 */
export const parseDotenv = (file: string, text: string, scope: DotenvScope): Record<string, string> =>
  new Dotenv(file, text.replaceAll('\r\n', '\n'), scope).parse()

/** env_file's `format: raw`: everything behind the first `=` as it is. */
export function parseRawEnv(text: string): Record<string, string> {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const pairs = lines.filter(line => line.includes('=') && !/^\s*#/.test(line))
  return Object.fromEntries(pairs.map(line => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)]))
}
