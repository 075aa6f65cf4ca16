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

/** The first columns always, cut where they must be; those after them as far as the width reaches. */
export function renderTableWithin(
  width: number,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { fixed, cuts }: { readonly fixed: number; readonly cuts: readonly Cut[] },
): readonly string[] {
  for (let columns = titles.length; columns > fixed; columns--) {
    const lines = renderTable(
      titles.slice(0, columns),
      rows.map(row => row.slice(0, columns)),
    )
    if (lines.every(line => widthOf(line) <= width)) return lines
  }
  return renderTableCut(
    width,
    titles.slice(0, fixed),
    rows.map(row => row.slice(0, fixed)),
    cuts,
  )
}
