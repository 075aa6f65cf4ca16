import type { Emulator } from './emulator.ts'

/** A call of a service whose client the product does not need. The emulator reads from the signature's scope which service is meant. */
export async function rawCall(
  { url }: Pick<Emulator, 'url'>,
  service: 'scheduler' | 'lambda' | 'apigateway' | 's3',
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: scopeOf(service), 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${service} ${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
  return text.startsWith('{') ? JSON.parse(text) : undefined
}

const scopeOf = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`

/** Likewise, of a service that is told the operation in a header. It says that TLS ended before the emulator, which policies may ask for. */
export async function jsonCall({ url }: Pick<Emulator, 'url'>, service: 'sqs', target: string, body: object): Promise<unknown> {
  const headers = {
    ...{ authorization: scopeOf(service), 'x-amz-target': target },
    ...{ 'content-type': 'application/x-amz-json-1.0', 'x-forwarded-proto': 'https' },
  }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${target}: ${response.status} ${text.slice(0, 500)}`)
  return text ? JSON.parse(text) : undefined
}

/** Likewise, of a service that speaks AWS's query protocol; answers XML. */
export async function queryCall(
  { url }: Pick<Emulator, 'url'>,
  service: 'iam',
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers: { authorization: scopeOf(service) }, body: new URLSearchParams(parameters) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${service} ${parameters['Action']}: ${response.status} ${text.slice(0, 500)}`)
  return text
}

type Named = { readonly Name: string }

/** The name of the schedule that runs a function of the table. */
export async function scheduleOf(emulator: Emulator, name: string): Promise<string> {
  const { Schedules } = (await rawCall(emulator, 'scheduler', 'GET', '/schedules')) as { readonly Schedules: readonly Named[] }
  const found = Schedules.filter(schedule => schedule.Name.toLowerCase().includes(name.replaceAll('-', '')))
  if (found.length !== 1) throw new Error(`schedules of ${name}: ${JSON.stringify(Schedules.map(schedule => schedule.Name))}`)
  return found[0]!.Name
}

export const removeSchedule = async (emulator: Emulator, name: string): Promise<void> =>
  void (await rawCall(emulator, 'scheduler', 'DELETE', `/schedules/${await scheduleOf(emulator, name)}`))

type Listed = { readonly Functions: readonly { readonly FunctionName: string }[] }

/** The deployed function of a row, by the name that CloudFormation gave it. */
export async function functionOf(emulator: Emulator, title: string): Promise<string> {
  const { Functions } = (await rawCall(emulator, 'lambda', 'GET', '/2015-03-31/functions')) as Listed
  const found = Functions.filter(({ FunctionName }) => new RegExp(`-${title}[0-9A-F]{8}`).test(FunctionName))
  if (found.length !== 1) throw new Error(`functions of ${title}: ${JSON.stringify(Functions.map(made => made.FunctionName))}`)
  return found[0]!.FunctionName
}

export const invoke = async (emulator: Emulator, title: string): Promise<unknown> =>
  rawCall(emulator, 'lambda', 'POST', `/2015-03-31/functions/${await functionOf(emulator, title)}/invocations`, {})
