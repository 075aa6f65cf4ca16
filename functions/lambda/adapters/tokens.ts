import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createTokens } from '../../../shared/adapters/secrets-manager/tokens.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Tokens } from '../../../shared/ports/tokens.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const tokens = (clock: Clock): Tokens =>
  createTokens({ client: new SecretsManagerClient(PATIENCE), secret: told('tokenSecret'), clock })
