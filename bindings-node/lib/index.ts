/** Activate, deactivate and check Amazon gift cards at the point of sale, exactly once. */

export type { WaitOptions } from './abort.js'
export type { BatchOptions, Progress, Sales } from './batch.js'
export { Rows } from './batch.js'
export type { CallOptions } from './client.js'
export { Client } from './client.js'
export type { Credentials, CredentialsSource } from './credentials.js'
export type { Delivery, ErrorCode, ErrorDetails, ErrorReason } from './errors.js'
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
  NothingChangedError,
  OutcomeUnknownError,
  PosaError,
  RejectedError,
  ThrottledError,
  UnreachableError,
} from './errors.js'
export type { PosaEvent } from './events.js'
export type { HistoryEntry, TransactionFilter } from './listing.js'
export type { Operation, Receipt, Row, Signed, Transaction, TransactionState } from './models.js'
export type { ClientOptions, Overrides } from './options.js'
export type { Place } from './place.js'
export { RateLimit } from './rate_limit.js'
export type { Difference, Reason, ReconcileOptions, RegisterSale, Report } from './reconcile.js'
export type { Recovered, RecoverOptions } from './recovery.js'
export type { HeardSale, Named, Sale, SoldCard } from './sale.js'
export type { Signer, SigningRulesOptions, Unsigned } from './signing.js'
export { SigningRefusedError, SigningRules, signRequest } from './signing.js'
export type { SourceDetails, TransactionSource } from './source.js'
export type { TypedOptions } from './typed.js'
export { typedAmount } from './typed.js'
