import { padEnd, widthOf } from './paint.ts'

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

/** The first columns always, those after them as far as the width reaches. */
export function renderTableWithin(
  width: number,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  fixed: number,
): readonly string[] {
  for (let columns = titles.length; columns > fixed; columns--) {
    const lines = renderTable(
      titles.slice(0, columns),
      rows.map(row => row.slice(0, columns)),
    )
    if (lines.every(line => widthOf(line) <= width)) return lines
  }
  return renderTable(
    titles.slice(0, fixed),
    rows.map(row => row.slice(0, fixed)),
  )
}
