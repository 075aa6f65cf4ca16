import { RemovalPolicy, type Stack } from 'aws-cdk-lib'
import * as gateway from 'aws-cdk-lib/aws-apigatewayv2'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { CfnPermission } from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import * as secrets from 'aws-cdk-lib/aws-secretsmanager'
import { acknowledge } from './acknowledged.ts'
import type { Settings } from './settings.ts'

/** Requests a second that the whole API takes, and at once: far above what people and pipelines ask, and a bound on what a stranger's flood costs. */
const RATE = 50
const BURST = 100

/**
 * Two ways in (ADR 11). `/iam/…` is for callers who sign as an IAM identity: the gateway checks them and hands their ARN on. All else goes
 * to functions which answer nothing without a bearer token that they know. Either way GET goes to the one that takes questions.
 */
export function addApi(stack: Stack, settings: Settings, functionFor: (takes: 'questions' | 'commands') => lambda.Function): string {
  const api = new gateway.CfnApi(stack, 'HttpApi', { name: `longshore-${settings.installation}`, protocolType: 'HTTP' })
  const commands = addIntegration(stack, api, '', functionFor('commands'))
  const questions = addIntegration(stack, api, 'Questions', functionFor('questions'))
  const addRoute = (id: string, routeKey: string, authorizationType: 'NONE' | 'AWS_IAM', target: string) =>
    new gateway.CfnRoute(stack, id, { apiId: api.ref, routeKey, authorizationType, target })
  const open = [addRoute('TokenRoute', '$default', 'NONE', commands), addRoute('TokenQuestionsRoute', 'GET /{proxy+}', 'NONE', questions)]
  for (const route of open) acknowledge(route, 'APIG4', 'the function itself refuses whoever brings no bearer token that it knows')
  addRoute('IamRoute', 'ANY /iam/{proxy+}', 'AWS_IAM', commands)
  addRoute('IamQuestionsRoute', 'GET /iam/{proxy+}', 'AWS_IAM', questions)
  addStage(stack, settings, api)
  return api.attrApiEndpoint
}

/** @returns what a route is sent to */
function addIntegration(stack: Stack, api: gateway.CfnApi, id: string, handler: lambda.Function): string {
  const integration = new gateway.CfnIntegration(stack, `HttpApi${id}Integration`, {
    apiId: api.ref,
    integrationType: 'AWS_PROXY',
    integrationUri: handler.functionArn,
    payloadFormatVersion: '2.0',
  })
  new CfnPermission(stack, `HttpApi${id}Permission`, {
    action: 'lambda:InvokeFunction',
    functionName: handler.functionName,
    principal: 'apigateway.amazonaws.com',
    sourceArn: stack.formatArn({ service: 'execute-api', resource: api.ref, resourceName: '*' }),
  })
  return `integrations/${integration.ref}`
}

function addStage(stack: Stack, { installation, logDays }: Settings, api: gateway.CfnApi): void {
  const access = new logs.LogGroup(stack, 'AccessLogs', {
    logGroupName: `/longshore/${installation}/access`,
    retention: logDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const line = {
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    caller: '$context.identity.userArn',
    method: '$context.httpMethod',
    path: '$context.path',
    status: '$context.status',
    ms: '$context.responseLatency',
  }
  new gateway.CfnStage(stack, 'HttpApiStage', {
    apiId: api.ref,
    stageName: '$default',
    autoDeploy: true,
    accessLogSettings: { destinationArn: access.logGroupArn, format: JSON.stringify(line) },
    defaultRouteSettings: { throttlingRateLimit: RATE, throttlingBurstLimit: BURST },
  })
}

/** The first bearer token (ADR 8): random, and known to whoever may read the secret. $0.40 a month. */
export function addToken(stack: Stack, { installation }: Settings): secrets.CfnSecret {
  const token = new secrets.CfnSecret(stack, 'Token', {
    name: `longshore/${installation}/token`,
    description: 'Bearer token of the Longshore API',
    generateSecretString: { passwordLength: 48, excludePunctuation: true },
  })
  acknowledge(token, 'SMG4', 'clients hold it, so rotating it is for a person to say; the one before it stays good until the next')
  return token
}
