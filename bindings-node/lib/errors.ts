import type { Failure } from './generated.js'

/** Whether the request that failed may have had an effect: no byte left, it may have arrived, or it was refused. */
export type Delivery = 'not_sent' | 'unknown' | 'answered'

/**
 * What exactly stands in the way: the sale is not looked at before some time, the journal does not know the id, there is
 * no such journal, the id is a mock id, the card has another open sale, the journal is another's or is damaged, the
 * certificate is not trusted, the proxy lets nothing through; or which part of the signature was refused.
 */
export type ErrorReason =
  | 'not_before'
  | 'unknown_id'
  | 'no_journal'
  | 'mock_id'
  | 'open_sale'
  | 'other_journal'
  | 'damaged_journal'
  | 'certificate'
  | 'proxy'
  | 'key'
  | 'secret'
  | 'region'
  | 'clock'

/** What an error tells besides its message. */
export interface ErrorDetails {
  /** Whether the gateway may have acted. */
  readonly delivery: Delivery
  /** The value at fault, such as `cardNumber`. */
  readonly field?: string | undefined
  /** What exactly stands in the way, where the class alone does not tell what to do. */
  readonly reason?: ErrorReason | undefined
  /** The id that settles the sale, once one was chosen. */
  readonly requestId?: string | undefined
  /** The card's last four digits, such as `...7585`. */
  readonly card?: string | undefined
  /** How many requests were sent. */
  readonly attempts?: number
  /** The gateway's class, such as `F200`. */
  readonly gatewayCode?: string | undefined
  /** The gateway's error type, such as `CardNumberNotFound`. */
  readonly errorType?: string | undefined
  /** What led to it, where that was an error of the caller's own function or signal. */
  readonly cause?: unknown
}

/** Why an operation is not done. Shows no secret and no more of a card number than its last four digits. */
export abstract class PosaError extends Error {
  /** Stable; one for each class. */
  abstract readonly code: ErrorCode
  /** Whether the gateway may have acted. */
  readonly delivery: Delivery
  /** The value at fault, such as `cardNumber`. */
  readonly field: string | undefined
  /** What exactly stands in the way, where the class alone does not tell what to do. */
  readonly reason: ErrorReason | undefined
  /** The id that settles the sale, once one was chosen. */
  readonly requestId: string | undefined
  /** The card's last four digits, such as `...7585`. */
  readonly card: string | undefined
  /** How many requests were sent. */
  readonly attempts: number
  /** The gateway's class, such as `F200`. */
  readonly gatewayCode: string | undefined
  /** The gateway's error type, such as `CardNumberNotFound`. */
  readonly errorType: string | undefined

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.delivery = details.delivery
    this.field = details.field
    this.reason = details.reason
    this.requestId = details.requestId
    this.card = details.card
    this.attempts = details.attempts ?? 0
    this.gatewayCode = details.gatewayCode
    this.errorType = details.errorType
  }

  /** The same as `code`, by the word that posa has for it in every language. */
  get kind(): ErrorCode {
    return this.code
  }

  /** For structured logs. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, delivery, field, reason, requestId, card, attempts, gatewayCode, errorType } = this
    return { name, code, message, delivery, field, reason, requestId, card, attempts, gatewayCode, errorType }
  }
}

/** A value is wrong; `field` names it. Correct it and call again. */
export class InvalidInputError extends PosaError {
  readonly code = 'INVALID_INPUT'
}

/** The client is set up wrongly: an endpoint, a certificate, a credentials source. */
export class ConfigurationError extends PosaError {
  readonly code = 'CONFIGURATION'
}

/** The journal forbids it: the id belongs to another sale, or the card has an attempt under way. */
export class ConflictError extends PosaError {
  readonly code = 'CONFLICT'
}

/** The journal could not be read or written, so nothing was sent. */
export class JournalError extends PosaError {
  readonly code = 'JOURNAL'
}

/** The gateway, or the signer, could not be reached and nothing was sent. Trying again is safe. */
export class UnreachableError extends PosaError {
  readonly code = 'UNREACHABLE'
}

/** The gateway refused the request as it stands. Do not repeat it unchanged. */
export class RejectedError extends PosaError {
  readonly code = 'REJECTED'
}

/** The card is active under another request id. Find that id; do not invent a third. */
export class AlreadyActivatedError extends PosaError {
  readonly code = 'ALREADY_ACTIVATED'
}

/** The prepaid account does not cover the amount. Top it up. */
export class InsufficientFundsError extends PosaError {
  readonly code = 'INSUFFICIENT_FUNDS'
}

/** The account, its contract or its access stands in the way. Stop and alert. */
export class AccountError extends PosaError {
  readonly code = 'ACCOUNT'
}

/** The signature, the key or the clock was refused. Check the keys and the time. */
export class AuthenticationError extends PosaError {
  readonly code = 'AUTHENTICATION'
}

/** More than the allowed requests per second. Wait, then use the same id. */
export class ThrottledError extends PosaError {
  readonly code = 'THROTTLED'
}

/** The outcome is not known. Call again with `requestId`; never with a new id. */
export class OutcomeUnknownError extends PosaError {
  readonly code = 'OUTCOME_UNKNOWN'
}

/** It cannot be settled by itself. A person has to look at the card. */
export class NeedsAttentionError extends PosaError {
  readonly code = 'NEEDS_ATTENTION'
}

/**
 * The caller's signal stopped the waiting, and the operation goes on: an outcome that is not known. Its `name` is
 * `AbortError`, and its `cause` the signal's reason. Where it names a sale, `requestId` settles it: call again, or `resolve`
 * it. What nobody heard is in the journal's `untold`.
 */
export class AbortError extends OutcomeUnknownError {}

/**
 * The caller's signal stopped a call that has changed nothing: it was not begun yet, or it only reads. Its `name` is
 * `AbortError` too.
 */
export class NothingChangedError extends PosaError {
  readonly code = 'ABORT_ERR'
}

/** By the stable name that every language uses for the kind of error. */
const classes = {
  INVALID_INPUT: InvalidInputError,
  CONFIGURATION: ConfigurationError,
  CONFLICT: ConflictError,
  JOURNAL: JournalError,
  UNREACHABLE: UnreachableError,
  REJECTED: RejectedError,
  ALREADY_ACTIVATED: AlreadyActivatedError,
  INSUFFICIENT_FUNDS: InsufficientFundsError,
  ACCOUNT: AccountError,
  AUTHENTICATION: AuthenticationError,
  THROTTLED: ThrottledError,
  OUTCOME_UNKNOWN: OutcomeUnknownError,
  NEEDS_ATTENTION: NeedsAttentionError,
} as const

/** The stable codes of all error classes. */
export type ErrorCode = keyof typeof classes | 'ABORT_ERR'

for (const type of [...Object.values(classes), AbortError, NothingChangedError]) {
  const value = type === NothingChangedError ? AbortError.name : type.name
  Object.defineProperty(type.prototype, 'name', { value, configurable: true, writable: true })
}

/** The error of the failure's kind. A kind that this version has no class for is an unknown outcome. */
export function errorFrom(failure: Failure, cause?: unknown): PosaError {
  const type = classes[failure.kind as keyof typeof classes] ?? OutcomeUnknownError
  return new type(failure.message, {
    delivery: failure.delivery as Delivery,
    field: failure.field?.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    reason: failure.reason as ErrorReason | undefined,
    requestId: failure.requestId,
    card: failure.card,
    attempts: failure.attempts,
    gatewayCode: failure.code,
    errorType: failure.errorType,
    cause,
  })
}
