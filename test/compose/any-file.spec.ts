// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../shared/compose/render.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { load } from './load-text.ts'

const lines = readFileSync(new URL('golden/compose.yml', import.meta.url), 'utf8').split('\n')
const SCRAPS = [
  '[]',
  '{}',
  'null',
  '-1',
  '""',
  '*quiet',
  '${',
  '$X',
  '${DB_PASSWORD}',
  '<<: *service',
  '- x',
  'a: b',
  '{a: [b]}',
  '!reset x',
  '0x1',
  '~',
  '\t',
]

/** The text with one line cut, doubled, moved to another depth, or given another value. */
const change = fc.record({ at: fc.nat(lines.length - 1), how: fc.nat(3), scrap: fc.constantFrom(...SCRAPS) })
type Change = { readonly at: number; readonly how: number; readonly scrap: string }

function changed(text: readonly string[], { at, how, scrap }: Change): string[] {
  const line = text[at % text.length]!
  const value = line.replace(/(:|-) .*$/, `$1 ${scrap}`)
  const instead = [[], [line, line], [`  ${line}`], [value === line ? `${line} ${scrap}` : value]][how]!
  return text.flatMap((one, i) => (i === at % text.length ? instead : [one]))
}

describe('any file', () => {
  it('loads, or is refused by a coded error with a place', () => {
    const more = { '/p/.env': 'DB_PASSWORD=pw', '/p/worker.env': 'A=1' }
    let loads = 0
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), changes => {
      try {
        const loaded = load(changes.reduce(changed, lines).join('\n'), { env: { VERSION: '1' } }, more)
        renderConfig(loaded.stack)
        loads++
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        expect(error.place).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
        expect(error.code).not.toBe('LS-INTERNAL')
      }
    })
    fc.assert(property, { numRuns: 400 })
    expect(loads).toBeGreaterThan(20)
  })
})
