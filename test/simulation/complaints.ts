import type { World } from './world.ts'

/** What a function may fail with here: the faults that the simulator makes, and a race that was lost ten times. Anything else is a bug. */
const EXPECTED = ['ClockStepping', 'Contended', 'OutcomeUnknown', 'LS-STORAGE']

/** What functions say on the console belongs to the trace; what tells of a bug breaks the run. */
export async function listening<T>(world: World, run: () => Promise<T>): Promise<T> {
  const { error } = console
  console.error = (text: unknown) => {
    world.say(`  console: ${String(text)}`)
    const line = JSON.parse(String(text)) as { readonly level: string; readonly message: string; readonly error?: string }
    if (line.level === 'error') world.fail(`a function says: ${String(text).slice(0, 600)}`)
    else if (line.message === 'a message comes again') checkText(world, line.error ?? '')
  }
  try {
    return await run()
  } finally {
    console.error = error
  }
}

/** A run of a function that was rejected as a whole. */
export function complain(world: World, name: string, error: unknown): void {
  const code = (error as { readonly code?: string }).code
  const { name: kind, message, stack } = error instanceof Error ? error : new Error(String(error))
  if (!EXPECTED.includes(code ?? kind)) world.fail(`${name} failed: ${stack?.split('\n').slice(0, 4).join(' ') ?? message}`)
  else world.count(`failed with ${code ?? kind}`)
}

function checkText(world: World, text: string): void {
  if (!/^(ClockStepping|Contended|OutcomeUnknown|CodedError: the database did not take)/.test(text)) world.fail(`a message fails: ${text}`)
  world.count(`failed with ${text.split(':')[0]}`)
}
