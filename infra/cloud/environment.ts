/** Names of the variables that the template sets and the Lambda entries read. */
export const ENVIRONMENT = {
  installation: 'LONGSHORE_INSTALLATION',
  epoch: 'LONGSHORE_EPOCH',
  version: 'LONGSHORE_VERSION',
  logTable: 'LONGSHORE_LOG_TABLE',
  rowsTable: 'LONGSHORE_ROWS_TABLE',
  bus: 'LONGSHORE_BUS',
  /** ARN of the secret that is the installation's bearer token. */
  tokenSecret: 'LONGSHORE_TOKEN_SECRET',
  cluster: 'LONGSHORE_CLUSTER',
  vpc: 'LONGSHORE_VPC',
  /** With commas between them. */
  subnets: 'LONGSHORE_SUBNETS',
  securityGroup: 'LONGSHORE_SECURITY_GROUP',
  /** `ENABLED` or `DISABLED`, as ECS writes it: tasks in public subnets reach registries by an address of their own, without a NAT. */
  publicAddress: 'LONGSHORE_PUBLIC_ADDRESS',
  /** Task roles stand under this IAM path, and only they can be passed. */
  taskRolePath: 'LONGSHORE_TASK_ROLE_PATH',
  executionRole: 'LONGSHORE_EXECUTION_ROLE',
  /** Of tasks that programs can be run inside of. */
  execRole: 'LONGSHORE_EXEC_ROLE',
  /** Of the container that writes configs and secrets as files, by digest. */
  filesImage: 'LONGSHORE_FILES_IMAGE',
  logGroup: 'LONGSHORE_LOG_GROUP',
  /** Host of the image registry that stacks are pushed to. */
  registry: 'LONGSHORE_REGISTRY',
} as const

/** Holds the URL of the queue of that function. */
export const queueVariable = (name: string): string => `LONGSHORE_QUEUE_${name.toUpperCase().replaceAll('-', '_')}`
