import type { Piece } from './node.ts'

/** What an interpolation needs of the world around it. */
export type Scope = {
  /** `isSecret`: the value came from the caller's environment or a `.env` file, and must not be written into the log (M3). */
  readonly lookup: (name: string) => { readonly value: string; readonly isSecret: boolean } | undefined
  /** A variable without default is not set; it becomes empty. */
  readonly unset: (name: string) => void
  readonly fail: (message: string, hint?: string) => never
}

type Operator = ':-' | '-' | ':?' | '?' | ':+' | '+'
type Variable = { readonly name: string; readonly operator?: Operator; readonly operand: readonly Part[] }
type Part = string | Variable

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /:?[-?+]/y
const HINT = 'a dollar sign that is no variable is written $$'

/** The grammar of `$VAR`, `${VAR}`, `${VAR:-default}` and its kin, nested to any depth. */
class Template {
  readonly #text: string
  readonly #scope: Scope
  #at = 0

  constructor(text: string, scope: Scope) {
    this.#text = text
    this.#scope = scope
  }

  /** Up to the end, or inside braces up to the closing one, which is left standing. Braces of a default's own text must be balanced. */
  parts(isNested: boolean): Part[] {
    const parts: Part[] = []
    let depth = 0
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (char === '$') {
        parts.push(this.#dollar())
        continue
      }
      if (isNested && char === '}' && depth-- === 0) return parts
      if (char === '{') depth++
      parts.push(char)
      this.#at++
    }
    if (isNested) this.#scope.fail(`"${this.#shown}": a \${ is not closed`, HINT)
    return parts
  }

  get #shown(): string {
    const line = this.#text.trim().split('\n')
    return line.length === 1 && line[0]!.length <= 60 ? line[0]! : `${line[0]!.slice(0, 60)}…`
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #dollar(): Part {
    this.#at++
    if (this.#text[this.#at] === '$') {
      this.#at++
      return '$'
    }
    const isBraced = this.#text[this.#at] === '{'
    if (isBraced) this.#at++
    const name = this.#match(NAME)
    if (name === undefined) return this.#scope.fail(`"${this.#shown}": no variable name follows the $`, HINT)
    if (!isBraced) return { name, operand: [] }
    const operator = this.#match(OPERATOR) as Operator | undefined
    const operand = operator ? this.parts(true) : []
    if (this.#text[this.#at] !== '}') this.#scope.fail(`"${this.#shown}": \${${name} is not closed, or its operator is unknown`, HINT)
    this.#at++
    return operator ? { name, operator, operand } : { name, operand }
  }
}

function substitute(variable: Variable, scope: Scope): Piece[] {
  const { name, operator, operand } = variable
  const found = scope.lookup(name)
  const isThere = operator?.startsWith(':') ? found !== undefined && found.value !== '' : found !== undefined
  const value = (): Piece[] => (found ? [found.isSecret ? { text: found.value, from: name } : { text: found.value }] : [])
  switch (operator?.at(-1)) {
    case '-':
      return isThere ? value() : evaluate(operand, scope)
    case '+':
      return isThere ? evaluate(operand, scope) : []
    case '?': {
      if (isThere) return value()
      const why = evaluate(operand, scope)
      const words = why.map(piece => piece.text).join('')
      return scope.fail(words ? `required variable ${name} is missing a value: ${words}` : `required variable ${name} is missing a value`)
    }
  }
  if (!found) scope.unset(name)
  return value()
}

function evaluate(parts: readonly Part[], scope: Scope): Piece[] {
  const pieces: Piece[] = []
  let literal = ''
  for (const part of [...parts, undefined]) {
    if (typeof part === 'string') {
      literal += part
      continue
    }
    if (literal !== '') pieces.push({ text: literal })
    literal = ''
    if (part) pieces.push(...substitute(part, scope).filter(piece => piece.text !== ''))
  }
  return pieces
}

/** The text with its variables replaced. A default that is not needed is not evaluated. Fails through `scope.fail` only. */
export function interpolate(text: string, scope: Scope): readonly Piece[] {
  if (!text.includes('$')) return text === '' ? [] : [{ text }]
  return evaluate(new Template(text, scope).parts(false), scope)
}
