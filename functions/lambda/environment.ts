import { ENVIRONMENT, queueVariable } from '../../infra/cloud/environment.ts'

/** What the template told this function. @throws Error naming the variable that is not there */
export function told(what: keyof typeof ENVIRONMENT): string {
  return variable(ENVIRONMENT[what])
}

export const queueUrl = (name: string): string => variable(queueVariable(name))

function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`the environment has no ${name}`)
  return value
}
