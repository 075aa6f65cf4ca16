import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('every row of the failure table names a test that brings it about, and every such test stands in the table', () => {
  const table = read('../docs/operations.md').split('## What happens when a part fails')[1]!.split('\n## ')[0]!
  const rows = table.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| what fails'))
  const named = rows.flatMap(row =>
    [
      ...row
        .split('|')
        .at(-2)!
        .matchAll(/`([^`]+)`/g),
    ].map(([, name]) => name!),
  )
  const tests = [...read('simulation/outages.spec.ts').matchAll(/\bit\([`'](.+?)[`'],/g)].map(([, name]) => name!)
  expect(rows.length).toBeGreaterThanOrEqual(8)
  for (const name of named)
    expect(
      tests.some(test => test.startsWith(name)),
      name,
    ).toBe(true)
  for (const test of tests)
    expect(
      named.some(name => test.startsWith(name)),
      test,
    ).toBe(true)
})
