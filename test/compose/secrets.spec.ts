// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SecretBook } from '../../shared/compose/secret-book.ts'
import { splitWords } from '../../shared/compose/words.ts'
import { reveal } from '../../shared/domain/secret-text.ts'
import { load, loadService, notesOf, refusal, revealed, specOf } from './load-text.ts'

describe('M3: secrets in plain sight', () => {
  const planted = `
services:
  a:
    image: i
    env_file: a.env
    environment:
      FROM_DOTENV: \${DOT}
      PARTLY: postgres://u:\${CALLER}@db
      CALLER:
      DB_PASSWORD: planted-literal
      MIXED_TOKEN: x-\${CALLER}
      PURE_TOKEN: \${CALLER}
      API_KEY: \${UNSET:-planted-default}
      EMPTY: \${NIL}
      PLAIN: text
    command: run --pass "\${CALLER}" --dot=\${DOT}
    entrypoint: ["\${DOT}"]
    healthcheck: {test: "curl -u \${CALLER} x"}
    labels: {my.secret: planted-label, other: "\${DOT}"}
    deploy: {labels: {deployed: "\${CALLER}"}}
    configs: [inline, plain]
    secrets: [file, env]
    x-longshore:
      process:
        command: p \${DOT}
        environment: {TOKEN: planted-process, X: "\${CALLER}"}
configs:
  inline: {content: "a=\${DOT}"}
  plain: {content: "a=b"}
secrets:
  file: {file: ./s.txt}
  env: {environment: CALLER}
`
  const input = { env: { CALLER: 'planted caller', NIL: '' } }
  const more = { '/p/.env': 'DOT=planted-dot', '/p/a.env': 'FILE_VALUE=planted-file', '/p/s.txt': 'planted-secret\n' }
  const loaded = load(planted, input, more)
  const spec = specOf(loaded)

  it('M3: leaves none of them in the stack, the blobs or the notes', () => {
    const blobs = Object.values(loaded.blobs).map(bytes => new TextDecoder().decode(bytes))
    expect(JSON.stringify([loaded.stack, blobs, loaded.notes])).not.toContain('planted')
  })

  it('M3: names them by variable, or by service and key', () => {
    expect(loaded.secrets).toEqual({
      DOT: 'planted-dot',
      CALLER: 'planted caller',
      'a.DB_PASSWORD': 'planted-literal',
      'a.MIXED_TOKEN': 'x-planted caller',
      'a.API_KEY': 'planted-default',
      'a.FILE_VALUE': 'planted-file',
      'a.labels.my.secret': 'planted-label',
      'a.process.TOKEN': 'planted-process',
      'config.inline': 'a=planted-dot',
      'secret.file': 'planted-secret\n',
      'secret.env': 'planted caller',
    })
    expect(spec.environment).toMatchObject({
      ...{ FROM_DOTENV: '‹secret:DOT›', PARTLY: 'postgres://u:‹secret:CALLER›@db', CALLER: '‹secret:CALLER›', EMPTY: '', PLAIN: 'text' },
      ...{ DB_PASSWORD: '‹secret:a.DB_PASSWORD›', MIXED_TOKEN: '‹secret:a.MIXED_TOKEN›', PURE_TOKEN: '‹secret:CALLER›' },
    })
    expect(spec.command).toEqual(['run', '--pass', '‹secret:CALLER›', '--dot=‹secret:DOT›'])
    expect(spec.healthcheck?.test).toEqual(['CMD-SHELL', 'curl -u ‹secret:CALLER› x'])
    expect(spec.process).toMatchObject({ command: ['p', '‹secret:DOT›'], environment: { X: '‹secret:CALLER›' } })
  })

  it('M3: gives back every value at the start of a task', () => {
    expect(revealed(loaded)).toMatchObject({ PARTLY: 'postgres://u:planted caller@db', FILE_VALUE: 'planted-file' })
    expect(reveal(spec.labels['deployed']!, loaded.secrets)).toBe('planted caller')
  })

  it('M3: mounts secrets, configs with secrets, and plain configs as blobs', () => {
    const hash = createHash('sha256').update('a=b').digest('hex')
    expect(spec.files).toEqual([
      { kind: 'config', name: 'inline', target: '/inline', secret: 'config.inline' },
      { kind: 'config', name: 'plain', target: '/plain', content: hash },
      { kind: 'secret', name: 'file', target: '/run/secrets/file', secret: 'secret.file' },
      { kind: 'secret', name: 'env', target: '/run/secrets/env', secret: 'secret.env' },
    ])
    expect(Object.keys(loaded.blobs)).toEqual([hash])
  })

  it('gives equal specs when loaded twice', () => {
    const again = load(planted, input, more)
    expect(again.stack).toEqual(loaded.stack)
    expect(again.secrets).toEqual(loaded.secrets)
  })

  it('M3: hides only what was used, and values that environment replaces are not used', () => {
    const own = loadService('env_file: e\nenvironment: {A: own}', { env: { OTHER: 'x' } }, { '/p/e': 'A=1' })
    expect(own.secrets).toEqual({})
  })

  it('keeps plain what is no text', () => {
    const loaded = loadService('scale: ${N}\nports: ["${P}:80"]\nhostname: h${N}', { env: { N: '2', P: '8080' } })
    expect(loaded.secrets).toEqual({})
    expect(loaded.stack.services['a']).toMatchObject({ replicas: 2, spec: { hostname: 'h2', ports: [{ published: 8080 }] } })
  })

  it('M3: the stack name is no secret', () => {
    expect(specOf(loadService('environment: {A: "${COMPOSE_PROJECT_NAME}"}')).environment).toEqual({ A: 'p' })
  })

  it.each([
    'environment: {A: "‹secret:B›"}',
    'environment: {A: "‹secret:${B}›"}',
    'environment: {A: "${N:-‹secret:}B›"}',
    'environment: {A: "‹sec${N:-ret:}B›"}',
    'environment: ["A=‹secret:B›"]',
    'environment: {"‹secret:B›": x}',
    'command: ["‹secret:B›"]',
    'labels: {A: "‹secret:B›"}',
    'hostname: "‹secret:B›"',
    'image: "${EVIL}"',
    'healthcheck: {test: "‹secret:B›"}',
    'x-longshore: {process: {command: "‹secret:B›"}}',
  ])('M3: refuses a file that spells a reference itself: %s', keys => {
    const text = `services: {a: {${keys.startsWith('image') ? '' : 'image: i, '}${keys}}}`
    expect(refusal(() => load(text, { env: { B: 'b', EVIL: '‹secret:B›' } })).code).toBe('LS-COMPOSE-VALUE')
  })

  it('M3: refuses a config that spells a reference itself', () => {
    expect(refusal(() => loadService('configs: [c]\n\n').stack).message).toContain('no config')
    expect(refusal(() => load('services: {a: {image: i, configs: [c]}}\nconfigs: {c: {content: "‹secret:B›"}}')).code).toBe(
      'LS-COMPOSE-VALUE',
    )
  })

  it('lets a value hold what looks like a reference: it is put in once', () => {
    const loaded = loadService('environment: {A: "${V}"}', { env: { V: '‹secret:W›' } })
    expect(revealed(loaded)).toEqual({ A: '‹secret:W›' })
  })

  it('tells two values of one name apart', () => {
    const book = new SecretBook()
    expect([book.add('a.b', '1'), book.add('a.b', '2'), book.add('a.b', '1'), book.add('ä b', '3')]).toEqual(['a.b', 'a.b-2', 'a.b', '__b'])
  })

  it('refuses a secret without exactly one source, from an unset variable, or not text', () => {
    const secret =
      (source: string, more = {}) =>
      () =>
        load(`services: {a: {image: i, secrets: [s]}}\nsecrets: {s: ${source}}`, {}, more)
    expect(refusal(secret('{}')).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(secret('{file: a, environment: B}')).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(secret('{environment: B}')).code).toBe('LS-COMPOSE-VARIABLE')
    expect(refusal(secret('{file: a}')).code).toBe('LS-COMPOSE-FILE')
    expect(refusal(secret('{external: true}'))).toMatchObject({ code: 'LS-COMPOSE-KEY', place: { line: 2, path: 'secrets.s.external' } })
    expect(refusal(secret('{file: a}', { '/p/a': new Uint8Array([255]) })).message).toContain('UTF-8')
  })
})

describe('command lines', () => {
  const split = (text: string) => splitWords([{ text }]).map(word => word.map(piece => piece.text).join(''))

  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    [`sh -c 'echo "$X" && ls'`, ['sh', '-c', 'echo "$X" && ls']],
    [`a"b c"'d e'`, ['ab cd e']],
    ['a\\ b "\\"" "\\n"', ['a b', '"', '\\n']],
    [`'' ""`, ['', '']],
    ['a \\\n b', ['a', 'b']],
    ['', []],
  ])('%j', (text, wanted) => {
    expect(split(text)).toEqual(wanted)
  })

  it('splits what a variable holds, and makes each such argument a secret as a whole', () => {
    const loaded = loadService('command: run ${ARGS} x${ARGS}', { env: { ARGS: '-a "b c"' } })
    const { command } = specOf(loaded)
    expect(command?.map(arg => reveal(arg, loaded.secrets))).toEqual(['run', '-a', 'b c', 'x-a', 'b c'])
    expect(command).toEqual(['run', '‹secret:a.command.1›', '‹secret:a.command.2›', '‹secret:a.command.3›', '‹secret:a.command.4›'])
  })

  it('takes a list as it is, and says that no shell reads a string', () => {
    expect(specOf(loadService('command: ["a b", "\'c\'"]')).command).toEqual(['a b', "'c'"])
    expect(notesOf(loadService('command: a && b'))).toEqual([expect.stringContaining('&& is passed on as an argument')])
    expect(refusal(() => loadService(`command: a 'b`)).code).toBe('LS-COMPOSE-VALUE')
  })

  it('gives back every list of words that was quoted', () => {
    const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
    fc.assert(
      fc.property(fc.array(fc.string()), words => {
        expect(split(words.map(quoted).join(' '))).toEqual(words)
      }),
    )
  })
})

describe('limits', () => {
  const long = (size: number) => 'x'.repeat(size)

  it('field case 39: refuses one variable of 128 KiB with key and size, and takes 100,000 bytes whole', () => {
    const error = refusal(() => loadService(`environment:\n  V: ${long(131_072)}`))
    expect(error).toMatchObject({ code: 'LS-SPEC-LIMIT', place: { line: 5, path: 'services.a.environment.V' } })
    expect(error.message).toContain('V=…')
    expect(error.message).toContain('131074 bytes')
    expect(specOf(loadService(`environment: {V: ${long(100_000)}}`)).environment['V']).toHaveLength(100_000)
  })

  it('field case 39: the limit counts key, bytes, and values from everywhere', () => {
    expect(specOf(loadService(`environment: {V: ${long(131_069)}}`)).environment['V']).toHaveLength(131_069)
    expect(refusal(() => loadService(`environment: {V: ${long(131_070)}}`)).code).toBe('LS-SPEC-LIMIT')
    expect(refusal(() => loadService(`environment: {V: ${'ä'.repeat(65_536)}}`)).code).toBe('LS-SPEC-LIMIT')
    expect(refusal(() => loadService('environment: {V: "${BIG}"}', { env: { BIG: long(131_072) } })).code).toBe('LS-SPEC-LIMIT')
    expect(refusal(() => loadService('env_file: e', {}, { '/p/e': `V=${long(131_072)}` })).code).toBe('LS-SPEC-LIMIT')
    expect(refusal(() => loadService(`command: [${long(131_072)}]`)).message).toContain('argument 1 of "command"')
    expect(refusal(() => loadService(`command: [${long(131_072)}]`)).message).not.toContain('xxx')
  })
})
