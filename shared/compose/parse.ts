import { LineCounter, parseAllDocuments, type YAMLError } from 'yaml'
import { CodedError } from '../domain/errors.ts'
import type { Source } from './tree.ts'

/** The bytes as text. @throws CodedError LS-COMPOSE-SYNTAX when they are not UTF-8 */
export function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CodedError('LS-COMPOSE-SYNTAX', 'the file is not UTF-8 text', { place: { file, line: 1, column: 1 }, cause })
  }
}

const wording = (error: YAMLError): string =>
  error.code === 'DUPLICATE_KEY' ? 'a key stands twice in the same mapping' : `not valid YAML: ${error.message}`

/**
 * The YAML documents of a file. YAML 1.2, so that 2122:22 is text and not a number to the base 60, and `no` is a word; merge keys are
 * left to tree.ts.
 * @throws CodedError LS-COMPOSE-SYNTAX
 */
export function parseFile(file: string, bytes: Uint8Array): readonly Source[] {
  const text = decode(file, bytes)
  const lines = new LineCounter()
  const options = { version: '1.2', schema: 'core', merge: false, lineCounter: lines, prettyErrors: false, logLevel: 'silent' } as const
  const documents = tryParse(file, () => parseAllDocuments(text, options))
  for (const document of Array.isArray(documents) ? documents : []) {
    const error = document.errors[0]
    if (!error) continue
    const { line, col } = lines.linePos(error.pos[0])
    throw new CodedError('LS-COMPOSE-SYNTAX', wording(error), { place: { file, line, column: col } })
  }
  return (Array.isArray(documents) ? documents : []).map(document => ({ file, document, lines }))
}

/** Thousands of nested brackets exhaust the parser's stack. */
function tryParse<T>(file: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new CodedError('LS-COMPOSE-SYNTAX', 'not valid YAML: too deeply nested', { place: { file, line: 1, column: 1 }, cause })
  }
}
