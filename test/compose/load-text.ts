import { dirname } from 'node:path'
import { type Loaded, type LoadInput, loadCompose } from '../../shared/compose/load.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { reveal } from '../../shared/domain/secret-text.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'

type Files = Readonly<Record<string, string | Uint8Array>>

export const reader =
  (files: Files) =>
  (path: string): Uint8Array | undefined => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined
    return typeof content === 'string' ? new TextEncoder().encode(content) : content
  }

/** Loads /p/compose.yml with that text, in stack `p`; `more` are other files by absolute path. */
export function load(text: string, input: Partial<LoadInput> = {}, more: Files = {}): Loaded {
  const files = input.files ?? ['/p/compose.yml']
  return loadCompose({
    files,
    projectDirectory: dirname(files[0]!),
    env: {},
    read: reader({ '/p/compose.yml': text, ...more }),
    ...input,
  })
}

/** One service named `a`; its keys are indented by four. */
export const loadService = (keys: string, input: Partial<LoadInput> = {}, more: Files = {}): Loaded =>
  load(`services:\n  a:\n    image: i\n${keys.replace(/^(?=.)/gm, '    ')}\n`, input, more)

export const specOf = (loaded: Loaded, service = 'a'): ServiceSpec => loaded.stack.services[service]!.spec

/** The environment as a task gets it. */
export const revealed = (loaded: Loaded, texts: Readonly<Record<string, string>> = specOf(loaded).environment): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, reveal(text, loaded.secrets)]))

export const notesOf = (loaded: Loaded): string[] => loaded.notes.map(note => note.text)

/** The coded error of a load that must fail. */
export function refusal(run: () => unknown): CodedError {
  try {
    run()
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
  throw new Error('it was not refused')
}
