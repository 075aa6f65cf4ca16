import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { FUNCTION_TABLE } from '../function-table.ts'
import { bundle, writeBundles } from './bundle.ts'
import { LongshoreStack } from './longshore-stack.ts'
import { readSettings } from './settings.ts'

/** What `npx cdk` runs (cdk.json): the template of one installation, in whatever account and Region the caller's credentials are for. */
const app = new App()
const settings = readSettings(app.node)
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
const bundles = await bundle(FUNCTION_TABLE.map(row => row.name))
new LongshoreStack(app, settings.installation === 'longshore' ? 'Longshore' : `Longshore-${settings.installation}`, {
  settings,
  version,
  bundle: writeBundles(bundles),
  description: 'Longshore: a container orchestrator with no servers of its own',
})
app.synth()
