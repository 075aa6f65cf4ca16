import { expect, it } from 'vitest'
import { costTable, DOCUMENTS, GOALS, SIZES, tableIn } from '../bench/cost/table.ts'

it('the costs in the documents are those that the script counts, and keep to their goals', { timeout: 300_000 }, async () => {
  const table = await costTable()
  for (const document of DOCUMENTS) expect(tableIn(document), `${document}: npm run cost -- --write`).toBe(table)
  for (const [index, services] of SIZES.entries()) {
    const [plane] = /\*\*\$([\d.,]+)\*\*/.exec(table.split('\n')[index + 2]!)!.slice(1)
    expect(Number(plane!.replaceAll(',', '')), `${services} services`).toBeLessThanOrEqual(GOALS[services]!)
  }
})
