import type { HealthCheck } from '../domain/spec.ts'
import { boolean, duration, integer } from './amounts.ts'
import { readArguments } from './commands.ts'
import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'
import { textOf } from './node.ts'
import { assertFits, secretText } from './secret-text-field.ts'

/** The engine's defaults, milliseconds. */
const DEFAULTS = { interval: 30_000, timeout: 30_000, retries: 3, startPeriod: 0 }

/** A string is for the image's shell; a list begins with NONE, CMD or CMD-SHELL. */
function readTest(context: Context, service: string, cursor: Cursor): string[] {
  if (cursor.isScalar) {
    const pieces = cursor.pieces()
    if (textOf(pieces).trim() === '') cursor.fail('the test is empty')
    assertFits(cursor, 'the test', textOf(pieces))
    return ['CMD-SHELL', secretText(context.book, { cursor, pieces, name: `${service}.healthcheck` })]
  }
  const test = readArguments(context, cursor, `${service}.healthcheck`)
  const [kind] = test
  if (kind !== 'NONE' && kind !== 'CMD' && kind !== 'CMD-SHELL') cursor.fail('the list begins with NONE, CMD or CMD-SHELL')
  if (kind === 'NONE' ? test.length > 1 : test.length < 2) {
    cursor.fail(kind === 'NONE' ? 'nothing follows NONE' : `a command follows ${kind}`)
  }
  if (kind === 'CMD-SHELL' && test.length > 2) cursor.fail('CMD-SHELL takes one string; CMD takes arguments')
  return test
}

/** `healthcheck`. A zero means the default, as the engine has it. */
export function readHealthcheck(context: Context, service: string, cursor: Cursor): HealthCheck {
  const fields = cursor.fields(['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'])
  const isOff = fields.disable ? boolean(fields.disable) : false
  const test = isOff ? ['NONE'] : fields.test && readTest(context, service, fields.test)
  if (!test) return cursor.fail("a healthcheck needs a test; changing only the timing of the image's own is not supported yet")
  const startPeriod = fields.start_period ? duration(fields.start_period) : DEFAULTS.startPeriod
  const startInterval = fields.start_interval ? duration(fields.start_interval) : 0
  if (startInterval > 0 && startPeriod === 0) {
    context.note({ service, place: fields.start_interval!.place, text: 'start_interval has no effect without start_period' })
  }
  return {
    test,
    interval: (fields.interval && duration(fields.interval)) || DEFAULTS.interval,
    timeout: (fields.timeout && duration(fields.timeout)) || DEFAULTS.timeout,
    retries: (fields.retries && integer(fields.retries, { min: 0 })) || DEFAULTS.retries,
    startPeriod,
    ...(startInterval > 0 && { startInterval }),
  }
}
