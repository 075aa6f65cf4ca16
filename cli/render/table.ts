import { cutTo, padEnd, widthOf } from './paint.ts'

/** Columns under their titles, as wide as their widest cell, three spaces apart. */
export function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [titles, ...rows]
  const widths = titles.map((_, column) => Math.max(...all.map(row => widthOf(row[column] ?? ''))))
  return all.map(row =>
    widths
      .map((width, column) => padEnd(row[column] ?? '', width))
      .join('   ')
      .trimEnd(),
  )
}

export type Cut = { readonly column: number /** Which end goes: of an image the tag tells most. */; readonly end: 'left' | 'right' }

/** A cut cell keeps at least so much. */
const LEAST = 10

/** The same, with cells of some columns cut, first ones first, as far as the width asks for it. */
export function renderTableCut(
  width: number,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  cuts: readonly Cut[],
): readonly string[] {
  let cells = rows
  for (const { column, end } of cuts) {
    const over = Math.max(...renderTable(titles, cells).map(widthOf)) - width
    if (over <= 0) break
    const widest = Math.max(...cells.map(row => widthOf(row[column] ?? '')))
    const room = Math.max(LEAST, widest - over, titles[column]!.length)
    cells = cells.map(row => row.map((cell, at) => (at !== column ? cell : end === 'right' ? cutTo(cell, room) : cutLeft(cell, room))))
  }
  return renderTable(titles, cells)
}

const cutLeft = (text: string, width: number): string => (widthOf(text) <= width ? text : `…${[...text].slice(1 - width).join('')}`)

export type Narrowing = {
  /** How many of the first columns are there always, cut where they must be; those after them as far as the width reaches. */
  readonly fixed: number
  readonly cuts: readonly Cut[]
  /** Which of the first ones go, in this order, where cutting is not enough: a line that the terminal breaks cannot be read. */
  readonly drops: readonly number[]
}

/** The table with as much as fits into the width. */
export function renderTableWithin(
  width: number,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { fixed, cuts, drops }: Narrowing,
): readonly string[] {
  const fits = (lines: readonly string[]) => lines.every(line => widthOf(line) <= width)
  for (let columns = titles.length; columns > fixed; columns--) {
    const lines = renderTable(
      titles.slice(0, columns),
      rows.map(row => row.slice(0, columns)),
    )
    if (fits(lines)) return lines
  }
  const [first, ...others] = [titles, ...rows].map(row => row.slice(0, fixed))
  const lines = renderTableCut(width, first!, others, cuts)
  const [drop, ...more] = drops
  if (drop === undefined || fits(lines)) return lines
  const left = (column: number) => (column > drop ? column - 1 : column)
  return renderTableWithin(
    width,
    first!.toSpliced(drop, 1),
    others.map(row => row.toSpliced(drop, 1)),
    {
      fixed: fixed - 1,
      cuts: cuts.filter(({ column }) => column !== drop).map(cut => ({ ...cut, column: left(cut.column) })),
      drops: more.map(left),
    },
  )
}
