import * as z from 'zod'

/** Names that work as DNS labels, engine names and key parts alike. */
export const ServiceName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/)
export const StackName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
