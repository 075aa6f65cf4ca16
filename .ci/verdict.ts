import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** A reporter that appends to the file VERDICT, a line each: what failed, what passed at its second try, and the counts of the run. */
export default class Verdict implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    const lines: string[] = []
    const tell = (what: string, where: string, error: { readonly message: string } = { message: 'did not end' }) =>
      lines.push(`${what}: ${where}: ${error.message.split('\n')[0]!.slice(0, 300)}`)
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId)
      // errors of suites are those of their hooks, which no second try runs again
      for (const error of module.errors()) tell('FAILED', file, error)
      for (const suite of module.children.allSuites())
        for (const error of suite.errors()) tell('FAILED', `${file} > ${suite.fullName}`, error)
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        counts[state]++
        if (state === 'failed') tell('FAILED', `${file} > ${test.fullName}`, errors[0])
        else if (test.diagnostic()?.flaky) tell('passed at its second try', `${file} > ${test.fullName}`, errors?.[0])
      }
    }
    for (const error of unhandled) tell('FAILED', 'outside every test', error)
    lines.push(`counts ${counts.passed} ${counts.failed} ${counts.skipped + counts.pending}`)
    appendFileSync(process.env['VERDICT']!, lines.map(line => `${line}\n`).join(''))
  }
}
