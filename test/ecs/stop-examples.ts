/** Reasons of a failed start that have nothing to do with the revision. */
export const PASSING_EXAMPLES = [
  'Capacity is unavailable at this time. Please try again later or in a different availability zone',
  'Timeout waiting for network interface provisioning to complete.',
  'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit.',
  'ResourceInitializationError: unable to pull secrets or registry auth: RequestError: send request failed caused by: dial tcp: i/o timeout',
  'ResourceInitializationError: failed to validate logger args: ThrottlingException: Rate exceeded',
  'Unexpected EC2 error while attempting to Create Network Interface: Internal Server Error',
]
