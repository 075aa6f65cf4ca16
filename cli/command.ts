import type { Option } from 'commander'
import type { ApiClient } from './api-client.ts'
import type { Named } from './contexts.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Paint } from './render/paint.ts'
import type { Settings } from './settings.ts'

/** What a command works with. */
export type Cli = {
  readonly io: Io
  readonly settings: Settings
  readonly api: ApiClient
  /** The installation elsewhere that `api` speaks to; undefined: this machine. */
  readonly remote?: Named
  readonly paint: Paint
}

/** What stands on the command line after the word; `options` by Commander's camel-case names. */
export type Given = { readonly operands: readonly string[]; readonly options: Readonly<Record<string, unknown>> }

/** One command as data: its words, and what it does. */
export type CommandSpec = {
  /** The word. */
  readonly name: string
  /** `[services...]` */
  readonly operands?: string
  readonly summary: string
  readonly group: 'Deploy' | 'Look' | 'Run'
  readonly options?: readonly Option[]
  /** `-f` means "follow" here, so that files are named by --file only. */
  readonly follows?: boolean
  /** What follows the first operand is not ours: flags there are another program's. */
  readonly passesOn?: boolean
  /** Says what is on this machine, whichever context is chosen: one that cannot be found must not keep it from running. */
  readonly isHere?: boolean
  /** Words that follow this one: `context add`. */
  readonly commands?: readonly CommandSpec[]
  /** Answers the exit code. Absent where only the words that follow do something. */
  run?(cli: Cli, given: Given): Promise<number>
}

/** JSON for machines: one document. */
export const printJson = (io: Pick<Io, 'out'>, value: unknown): void => io.out(JSON.stringify(value, null, 2))

/** Columns to lay out for; a pipe has all that it takes. */
export const widthFor = ({ io }: Pick<Cli, 'io'>): number => (io.isTty ? io.columns() : 10_000)

export const isJson = ({ settings }: Pick<Cli, 'settings'>): boolean => settings.format === 'json'

/** Somebody was asked and said no. */
export function declined({ io }: Pick<Cli, 'io'>): number {
  io.out('Nothing was changed.')
  return EXIT.failed
}

export function printLines(io: Pick<Io, 'out'>, lines: readonly string[]): void {
  for (const line of lines) io.out(line)
}
