import { Command, CommanderError, type Option } from 'commander'
import { VERSION } from '../infra/local/version.ts'
import { ApiClient } from './api-client.ts'
import type { CommandSpec } from './command.ts'
import { COMMANDS } from './commands.ts'
import { chosenContext, endpointOf, readEndpoint } from './context.ts'
import { EXIT, EXIT_HELP } from './exit-codes.ts'
import { Interrupted, type Io, UsageError } from './io.ts'
import { renderError } from './render/error.ts'
import { paintFor } from './render/paint.ts'
import { globalOptions, settingsOf, withoutOff, withVariable } from './settings.ts'

/** Runs one command line and answers its exit code. Never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  withoutOff(process.env)
  const state = { code: EXIT.ok as number, isJson: false }
  const program = buildProgram(io, state)
  try {
    await Promise.race([program.parseAsync([...argv], { from: 'user' }), interrupted(io)])
    return state.code
  } catch (error) {
    return report(error, io, state.isJson)
  }
}

/** A command ends itself when it can; what cannot be interrupted is left behind after a moment. */
const LAST_WORDS_MS = 1_000

function interrupted(io: Io): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => setTimeout(() => reject(new Interrupted()), LAST_WORDS_MS).unref()
    io.interrupt.addEventListener('abort', giveUp, { once: true })
  })
}

function report(error: unknown, io: Io, isJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.help' ? EXIT.ok : EXIT.usage
  if (error instanceof Interrupted) {
    // A terminal has written ^C where the line would begin.
    if (error.message) io.err(`${io.isTty ? '\n' : ''}${error.message}`)
    return EXIT.interrupted
  }
  for (const line of renderError(error, {
    cwd: io.cwd,
    isJson,
    isDebug: Boolean(io.env['LONGSHORE_DEBUG']),
    width: io.isTty ? io.columns() : undefined,
  }))
    io.err(line)
  return error instanceof UsageError ? EXIT.usage : EXIT.failed
}

type State = { code: number; isJson: boolean }

function buildProgram(io: Io, state: State): Command {
  const program = new Command('longshore')
    .description('Runs Compose files: deployments that are followed, explained and undone.')
    .usage('[options] <command>')
    .enablePositionalOptions()
    .exitOverride()
    .helpCommand('help [command]', 'what a command does')
    .version(VERSION, '-V, --version', 'the version')
    .addHelpText('after', EXIT_HELP)
  program.configureOutput({
    writeOut: text => io.write(text),
    writeErr: text => io.err(text.trimEnd()),
    outputError: (text, write) => write(text.replace(/^error: /, 'longshore: ')),
  })
  addOptions(program, globalOptions(true), withVariable)
  for (const spec of COMMANDS) program.addCommand(buildCommand(spec, program, io, state))
  return program
}

function addOptions(command: Command, options: readonly Option[], change: (option: Option) => Option = option => option): void {
  for (const option of options) command.addOption(change(option))
}

function buildCommand(spec: CommandSpec, program: Command, io: Io, state: State): Command {
  const command = new Command(spec.name).description(spec.summary).helpGroup(`${spec.group}:`).copyInheritedSettings(program)
  if (spec.operands) command.arguments(spec.operands)
  if (spec.passesOn) command.passThroughOptions()
  for (const word of spec.commands ?? []) command.addCommand(buildCommand(word, program, io, state))
  if (!spec.run) return command
  addOptions(command, spec.options ?? [], withVariable)
  addOptions(command, globalOptions(!spec.follows), option => option.helpGroup('Everywhere:'))
  return command.action(async () => {
    const options = command.opts()
    const settings = settingsOf({ program: program.opts(), command: options, env: io.env, cwd: io.cwd })
    state.isJson = settings.format === 'json'
    const remote = spec.isHere ? undefined : chosenContext(settings)
    const api = new ApiClient({ endpoint: () => (remote ? endpointOf(remote) : readEndpoint(settings.data)), interrupt: io.interrupt })
    const cli = { io, settings, api, remote, paint: paintFor(io.colour && settings.format === 'table') }
    state.code = await spec.run!(cli, { operands: command.args, options })
  })
}
