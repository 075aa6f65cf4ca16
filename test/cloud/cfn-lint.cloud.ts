import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { pythonEnvironment } from '../python-environment.ts'
import { synthesize } from './synthesis.ts'

const folder = mkdtempSync(join(tmpdir(), 'longshore-lint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** CDK has every function wait for its role, which its template names anyway: one line too many, of no effect. */
const IGNORED = ['-i', 'W3005']

/** AWS' own linter over the template: types, properties and values as CloudFormation's schemas have them. Answers what it finds. */
function lint(template: unknown): string {
  const file = join(folder, 'template.json')
  writeFileSync(file, JSON.stringify(template))
  try {
    return execFileSync(join(pythonEnvironment('cfn-lint', 'cfn-lint==1.58.0'), 'cfn-lint'), ['-r', 'eu-west-1', ...IGNORED, '-t', file], {
      encoding: 'utf8',
    })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    return `${stdout}${stderr}`
  }
}

it.each<Readonly<Record<string, string>>>([
  {},
  { 'longshore:nat': '1', 'longshore:dashboard': 'true' },
  { 'longshore:vpc': 'vpc-0123456789abcdef0', 'longshore:subnets': 'subnet-0123456789abcdef0' },
])('cfn-lint finds nothing in the template: %j', async context => {
  expect(lint((await synthesize(context)).template)).toBe('')
})

it('cfn-lint is asked at all: a wrong property is found', async () => {
  const { template } = await synthesize()
  const wrong = { Type: 'AWS::SQS::Queue', Properties: { NoSuchProperty: true } }
  expect(lint({ ...template, Resources: { ...template.Resources, Wrong: wrong } })).toMatch(/E3002.*NoSuchProperty/s)
})
