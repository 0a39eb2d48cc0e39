/** Activate, deactivate and check Amazon gift cards at the point of sale, exactly once. */

export type { Progress, Sales } from './batch.js'
export { Rows } from './batch.js'
export type { WaitOptions } from './calls.js'
export type { BatchOptions, CallOptions, Recovered, RecoverOptions, TransactionFilter } from './client.js'
export { Client } from './client.js'
export type { Credentials, CredentialsSource } from './credentials.js'
export type { Delivery, ErrorCode, ErrorDetails } from './errors.js'
export {
  AbortError,
  AccountError,
  AlreadyActivatedError,
  AuthenticationError,
  ConfigurationError,
  ConflictError,
  InsufficientFundsError,
  InvalidInputError,
  JournalError,
  NeedsAttentionError,
  OutcomeUnknownError,
  PosaError,
  RejectedError,
  ThrottledError,
  UnreachableError,
} from './errors.js'
export type { PosaEvent } from './events.js'
export type { Operation, Receipt, Row, Signed, Transaction, TransactionState } from './models.js'
export type { ClientOptions, Overrides } from './options.js'
export type { Place } from './place.js'
export { RateLimit } from './rate_limit.js'
export type { Difference, Reason, ReconcileOptions, RegisterSale, Report } from './reconcile.js'
export type { Named, Sale, SoldCard } from './sale.js'
export type { Signer, SigningRulesOptions, Unsigned } from './signing.js'
export { SigningRefusedError, SigningRules, signRequest } from './signing.js'
export type { SourceDetails, TransactionSource } from './source.js'
