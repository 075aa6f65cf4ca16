import { stripVTControlCharacters } from 'node:util'

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const
export type Colour = keyof typeof CODES

/** Text in a colour, or as it is. */
export type Paint = (colour: Colour, text: string) => string

export const plain: Paint = (_, text) => text
export const paintFor = (isColoured: boolean): Paint =>
  isColoured ? (colour, text) => (text ? `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m` : text) : plain

/** Columns that a text takes: colours take none. */
export const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Cut to a width, with a sign that it was; a cut text loses its colours. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${[...stripVTControlCharacters(text)].slice(0, Math.max(0, width - 1)).join('')}…`
}

/** Lines of whole words that are no wider, where no single word is. For texts without colours. */
export function wrapTo(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
