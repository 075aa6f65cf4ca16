import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { LongshoreStack } from '../../infra/cloud/longshore-stack.ts'
import { readSettings } from '../../infra/cloud/settings.ts'

export type Resource = {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and tests look into it
  readonly Properties: any
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly DependsOn?: readonly string[]
}
export type Template = { readonly Resources: Readonly<Record<string, Resource>>; readonly Outputs: Readonly<Record<string, unknown>> }

/** What the functions run is no part of the template: any code does, and nothing has to be bundled. */
const code = mkdtempSync(join(tmpdir(), 'longshore-code-'))
writeFileSync(join(code, 'index.js'), '')
process.on('exit', () => rmSync(code, { recursive: true, force: true }))

/** The app as `npx cdk` would make it, with these settings; `before` may look at it before it is synthesized. CDK's own check of the template takes seconds, so only `checked` has it. */
export async function synthesize(context: Readonly<Record<string, string>> = {}, before: (app: App) => void = () => {}, checked = false) {
  const outdir = mkdtempSync(join(tmpdir(), 'longshore-cdk-'))
  try {
    const app = new App({ context: context, outdir })
    const stack = new LongshoreStack(app, 'Longshore', { settings: readSettings(app.node), version: '1.2.3', bundle: () => code })
    before(app)
    process.env['CDK_VALIDATION'] = String(checked)
    const template = app.synth().getStackByName('Longshore').template as Template
    const ofType = (type: string) => Object.entries(template.Resources).filter(([, resource]) => resource.Type === type)
    return { stack, template, ofType }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}
