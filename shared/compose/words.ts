import type { Piece } from './node.ts'

/** Every character with the run it comes from. */
type Letter = { readonly char: string; readonly piece: Piece }

/** Words under way: letters are put together again into runs, and a variable's value that was cut or changed is marked as a part. */
class Words {
  readonly words: Piece[][] = []
  #letters: Letter[] = []
  #isOpen = false

  open(): void {
    this.#isOpen = true
  }

  push(letter: Letter): void {
    this.#isOpen = true
    this.#letters.push(letter)
  }

  close(): void {
    if (this.#isOpen) this.words.push(runs(this.#letters))
    this.#letters = []
    this.#isOpen = false
  }
}

function runs(letters: readonly Letter[]): Piece[] {
  const pieces: Piece[] = []
  let current: { text: string; piece: Piece } | undefined
  const finish = () => {
    if (!current) return
    const { text, piece } = current
    pieces.push(text === piece.text ? piece : piece.from ? { ...piece, text, part: true } : { text })
  }
  for (const { char, piece } of letters) {
    if (current?.piece === piece) current.text += char
    else {
      finish()
      current = { text: char, piece }
    }
  }
  finish()
  return pieces
}

/** In double quotes a backslash stands for itself except before these. */
const ESCAPABLE = ['$', '`', '"', '\\', '\n']

/**
 * A command line's words as a POSIX shell would split them: blanks, single and double quotes, backslashes. Nothing else of a shell: no
 * variables, pipes or lists.
 * @throws RangeError when a quote is not closed
 */
export function splitWords(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const letters = pieces.flatMap(piece => [...piece.text].map(char => ({ char, piece })))
  const words = new Words()
  let quote = ''
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!
    const { char } = letter
    const next = letters[i + 1]
    if (char === '\\' && quote !== "'" && next && (quote === '' || ESCAPABLE.includes(next.char))) {
      i++
      if (next.char !== '\n') words.push(next)
    } else if (quote !== '') {
      if (char === quote) quote = ''
      else words.push(letter)
    } else if (char === "'" || char === '"') {
      quote = char
      words.open()
    } else if (/\s/.test(char)) words.close()
    else words.push(letter)
  }
  if (quote !== '') throw new RangeError(`a ${quote} is not closed`)
  words.close()
  return words.words
}

/** Words that only a shell understands, in a command that no shell reads. */
export const shellWords = (words: readonly string[]): readonly string[] => words.filter(word => /^(&&|\|\|?|;|&|[<>]+)$/.test(word))
