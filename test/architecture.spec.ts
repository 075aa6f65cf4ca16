import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FUNCTION_TABLE } from '../infra/function-table.ts'
import { type AllPorts, handlerOf } from '../infra/local/handlers.ts'

/** House rules as failing checks, each with its reason. A broken rule is named with the file that breaks it. */

const ROOT = new URL('..', import.meta.url).pathname
const filesIn = (folder: string): readonly string[] =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
        .map(entry => relative(ROOT, join(entry.parentPath, entry.name)))
    : []
const PRODUCT = ['shared', 'functions', 'infra', 'cli', 'console'].flatMap(filesIn)
const TESTS = filesIn('test')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
/** Without comments, so that words about a thing are not taken for the thing. */
const codeOf = (file: string) => read(file).replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/.*$/gm, '')

/** What a file imports, types included: files by their path from the root, packages by name. */
const importsOf = (file: string): readonly string[] =>
  [...codeOf(file).matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([\w@.:/-]+)'/g)].map(([, name]) =>
    name!.startsWith('.') ? join(dirname(file), name!) : name!,
  )

/**
 * The floors: who may import what; the first folder that fits a file counts. Own files are always allowed, `node:` means any of Node's
 * modules. A package that does not stand beside a folder is not used there.
 */
const FLOORS: readonly { readonly in: string; readonly may: readonly string[] }[] = [
  // croner: cron lines in time zones, counted from a given instant; it reads no clock that way
  { in: 'shared/domain/', may: ['zod', 'node:crypto', 'croner'] },
  { in: 'shared/ports/', may: ['shared/domain/'] },
  { in: 'shared/reconcile/', may: ['shared/domain/'] },
  { in: 'shared/scaling/', may: ['shared/domain/', 'shared/ports/alarms.ts', 'shared/ports/metrics.ts'] },
  { in: 'shared/compose/', may: ['shared/domain/', 'yaml', 'zod', 'node:path', 'node:crypto'] },
  { in: 'shared/api/', may: ['shared/domain/', 'zod'] },
  { in: 'shared/application/', may: ['shared/domain/', 'shared/reconcile/', 'shared/scaling/', 'shared/ports/', 'zod', 'node:crypto'] },
  {
    in: 'shared/adapters/dynalite/',
    may: ['shared/domain/', 'shared/ports/', 'shared/adapters/dynamo/', 'dynalite', 'classic-level', '@aws-sdk/', 'node:'],
  },
  { in: 'shared/adapters/docker/', may: ['shared/domain/', 'shared/ports/', 'dockerode', 'node:'] },
  { in: 'shared/adapters/', may: ['shared/domain/', 'shared/ports/', '@aws-sdk/', 'zod', 'node:'] },
  {
    in: 'functions/lambda/',
    may: [
      'functions/',
      'shared/adapters/',
      'shared/application/',
      'shared/ports/',
      'shared/reconcile/',
      'shared/domain/',
      'shared/api/',
      'infra/function-table.ts',
      'infra/cloud/environment.ts',
      '@aws-sdk/',
      'aws-lambda',
      'node:',
    ],
  },
  // the words of ECS' events are that adapter's to know; it is pure, and brings no SDK
  {
    in: 'functions/observe.ts',
    may: ['functions/', 'shared/adapters/ecs/task-state-change.ts', 'shared/application/', 'shared/domain/', 'aws-lambda'],
  },
  {
    in: 'functions/',
    may: ['shared/application/', 'shared/ports/', 'shared/domain/', 'shared/api/', '@middy/core', 'zod', 'aws-lambda'],
  },
  { in: 'infra/function-table.ts', may: ['shared/application/ports.ts'] },
  {
    in: 'infra/cloud/',
    may: [
      'infra/function-table.ts',
      'shared/adapters/dynamo/tables.ts',
      'shared/domain/repository-name.ts',
      'functions/api-document.ts', // which follows from the routes, and is made once when they are bundled
      'aws-cdk-lib',
      'constructs',
      'esbuild',
      'node:',
    ],
  },
  { in: 'infra/local/', may: ['infra/function-table.ts', 'functions/', 'shared/', 'aws-lambda', 'node:'] },
  // docker: images are built by the caller's engine, not by the control plane; AWS: a context by IAM signs as the SDK does, for whom it finds
  {
    in: 'cli/',
    may: [
      'infra/local/',
      'shared/api/',
      'shared/compose/',
      'shared/domain/',
      'shared/adapters/docker/',
      '@aws-sdk/credential-provider-node',
      '@smithy/core/checksum',
      '@smithy/signature-v4',
      'dockerode',
      'commander',
      'yaml',
      'zod',
      'node:',
    ],
  },
  { in: 'console/', may: ['shared/api/'] },
]
const floorOf = (file: string) => FLOORS.find(floor => file.startsWith(floor.in))
const ownFolder = (file: string, floor: string) => (floor === 'shared/adapters/' ? `${file.split('/').slice(0, 3).join('/')}/` : floor)
const isAllowed = (file: string, imported: string) => {
  const floor = floorOf(file)
  if (!floor) return false
  return (
    imported.startsWith(ownFolder(file, floor.in)) ||
    floor.may.some(may => imported === may || (/[/:]$/.test(may) ? imported.startsWith(may) : imported.startsWith(`${may}/`)))
  )
}

/** What only the laptop needs: no Lambda bundle may hold it. */
const HOME_ONLY = [
  'shared/adapters/docker/',
  'shared/adapters/dynalite/',
  'shared/adapters/process/',
  'shared/adapters/probe/',
  'shared/adapters/proxy/',
  'shared/adapters/files/',
  'infra/local/',
  'dockerode',
  'dynalite',
  'classic-level',
  'httpxy',
]

describe('imports', () => {
  it('the scanner finds imports of every kind', () => {
    const found = importsOf('shared/application/queries.ts')
    expect(found).toEqual(expect.arrayContaining(['shared/domain/commit.ts', 'shared/application/ports.ts', 'shared/application/views.ts']))
    expect(PRODUCT.length).toBeGreaterThan(150)
  })

  it('go down only', () => {
    expect(
      PRODUCT.flatMap(file =>
        importsOf(file)
          .filter(imported => !isAllowed(file, imported))
          .map(imported => `${file} → ${imported}`),
      ),
    ).toEqual([])
  })

  it('make no circles, types included: each file can be read without those above it', () => {
    const circles: string[] = []
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      else if (!done.has(file)) for (const imported of importsOf(file)) if (PRODUCT.includes(imported)) visit(imported, [...path, file])
      done.add(file)
    }
    for (const file of PRODUCT) visit(file, [])
    expect(circles).toEqual([])
  })

  it('what only the laptop needs is reached from infra/local and the CLI alone', () => {
    const reached = (file: string, seen = new Set<string>()): Set<string> => {
      for (const imported of importsOf(file)) {
        if (seen.has(imported)) continue
        seen.add(imported)
        if (PRODUCT.includes(imported)) reached(imported, seen)
      }
      return seen
    }
    const roots = PRODUCT.filter(file => /^(functions|infra\/cloud)\//.test(file) || file === 'infra/function-table.ts')
    expect(
      roots.flatMap(file =>
        [...reached(file)].filter(one => HOME_ONLY.some(home => one.startsWith(home))).map(one => `${file} reaches ${one}`),
      ),
    ).toEqual([])
  })

  it('memory adapters are for tests and simulations', () => {
    expect(
      PRODUCT.filter(file =>
        importsOf(file).some(one => one.startsWith('shared/adapters/memory/') && !file.startsWith('shared/adapters/memory/')),
      ),
    ).toEqual([])
  })
})

describe('files', () => {
  it('are no barrels: a re-export hides where a thing lives, and makes circles', () => {
    expect(PRODUCT.filter(file => /\bexport\s+(type\s+)?(\*|\{[^}]*\})\s*(as\s+\w+\s+)?from\b/.test(codeOf(file)))).toEqual([])
  })

  it('are named for what they hold: no utils, helpers or index', () => {
    expect(PRODUCT.filter(file => /(^|\/)(utils?|helpers?|misc|common|index)(\.|\/)/.test(file))).toEqual([])
    expect(PRODUCT.filter(file => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.tsx?$/.test(file))).toEqual([])
  })

  it('have 300 lines at most', () => {
    expect(
      PRODUCT.map(file => `${file}: ${read(file).trimEnd().split('\n').length}`).filter(line => Number(line.split(': ')[1]) > 300),
    ).toEqual([])
  })
})

/** Each with the reason why it is right there. */
const IMPURE_ALLOWED: Readonly<Record<string, RegExp>> = {
  // Following waits between its looks. It counts looks and reads no clock, holds nothing, and a run that dies there loses nothing (L8).
  'functions/routes/queries.ts': /^setTimeout$/,
}
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bperformance\.now\b|\bsetTimeout\b|\bsetInterval\b|\bprocess\.(env|hrtime|uptime)\b/g

describe('invariant 6: clock, chance and environment come through ports', () => {
  const pure = PRODUCT.filter(file => /^(shared|functions)\//.test(file) && !/^(shared\/adapters|functions\/lambda)\//.test(file))
  it('nothing in shared/ (adapters excepted) or functions/ reads them', () => {
    const found = pure.flatMap(file =>
      [...codeOf(file).matchAll(IMPURE)]
        .map(match => match[0])
        .filter(word => !IMPURE_ALLOWED[file]?.test(word))
        .map(word => `${file}: ${word}`),
    )
    expect(found).toEqual([])
  })

  it('no exemption outlives its use', () => {
    expect(Object.keys(IMPURE_ALLOWED).filter(file => !codeOf(file).match(IMPURE))).toEqual([])
  })

  it('shared/ writes to no console: what happened is an event, what went wrong an error', () => {
    expect(PRODUCT.filter(file => file.startsWith('shared/') && /\bconsole\.\w+\(/.test(codeOf(file)))).toEqual([])
  })
})

describe('the function table', () => {
  /** Pieces that several functions are made of. */
  const PIECES = ['api-app', 'api-document', 'queue-trigger', 'retirement-message', 'scaling-message']
  it('names exactly the functions that there are', () => {
    const files = readdirSync(join(ROOT, 'functions'))
      .filter(name => name.endsWith('.ts'))
      .map(name => name.replace(/\.ts$/, ''))
    expect(files.filter(name => !PIECES.includes(name)).sort()).toEqual(FUNCTION_TABLE.map(row => row.name).sort())
  })

  it('can be run whole by the embedded host', () => {
    for (const row of FUNCTION_TABLE) expect(handlerOf(row, { info: { version: '0' } } as AllPorts)).toBeTypeOf('function')
  })

  it('functions are wiring: 80 lines at most, and no rules', () => {
    expect(FUNCTION_TABLE.map(row => row.name).filter(name => read(`functions/${name}.ts`).split('\n').length > 80)).toEqual([])
  })
})

/** CORE-RULES: each number stands in the name of a test that holds it. */
const RULES = { L: 11, E: 8, T: 5, M: 8 }
const NOT_YET: Readonly<Record<string, string>> = {}

describe('the rules of the core', () => {
  const names = TESTS.flatMap(file => [...read(file).matchAll(/['"`]([^'"`\n]*\b[LETM]\d{1,2}\b[^'"`\n]*)/g)].map(match => match[1]!)).join(
    '\n',
  )
  const all = Object.entries(RULES).flatMap(([letter, last]) => Array.from({ length: last }, (_, n) => `${letter}${n + 1}`))
  it('each number is borne by a test', () => {
    expect(all.filter(rule => !(rule in NOT_YET) && !new RegExp(`\\b${rule}[:,]`).test(names))).toEqual([])
  })
  it('what is not implemented yet says why, and leaves the list when it has a test', () => {
    const itself = new Set(Object.keys(NOT_YET))
    expect([...itself].filter(rule => !all.includes(rule) || new RegExp(`\\b${rule}:`).test(names))).toEqual([])
  })
})
