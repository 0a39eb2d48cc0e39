// The same classes for `import` as for `require`: an error caught in one is an instance in the other.
export type * from './index.js'
export {
  AbortError,
  AccountError,
  AlreadyActivatedError,
  AuthenticationError,
  Client,
  ConfigurationError,
  ConflictError,
  InsufficientFundsError,
  InvalidInputError,
  JournalError,
  NeedsAttentionError,
  OutcomeUnknownError,
  PosaError,
  RateLimit,
  RejectedError,
  Rows,
  SigningRules,
  signRequest,
  ThrottledError,
  UnreachableError,
} from './index.js'
