import { errorFrom, type PosaError } from './errors.js'
import type * as Native from './generated.js'

/** The name of an operation on the wire. */
export type Operation = 'ActivateGiftCard' | 'DeactivateGiftCard' | 'ActivationStatusCheck'

/** What the gateway confirmed: the operation is done, and the journal has it. Printing it masks the card number. */
export interface Receipt {
  readonly operation: 'activate' | 'deactivate' | 'status'
  /** The id of the sale. Keep it: every later call about the card needs it. */
  readonly requestId: string
  /** All digits as given, 16 or 19. Not shown when the receipt is printed or written as JSON. */
  readonly cardNumber: string
  /** The last four of them, such as `...7585`. */
  readonly card: string
  /** The card's state after the operation: `Activated`, `AwaitingActivation` or `Invalidated`. */
  readonly cardStatus: string
  /** The amount on the card as an exact decimal; always there after an activation. */
  readonly amount: string | undefined
  /** The same in the currency's smallest unit. */
  readonly amountMinor: bigint | undefined
  /** ISO 4217. */
  readonly currency: string | undefined
  /** When the card expires; never for cards of the US, Canada and Australia. */
  readonly expiresAt: Date | undefined
  /** The gateway's text for it, also where it is in no known form. */
  readonly expiration: string | undefined
  /** How many requests it took; 0 if the journal already knew the answer. */
  readonly attempts: number
  /** Everything but the card number. */
  toJSON(): Record<string, unknown>
}

/** Where a sale stands. */
export type TransactionState =
  | 'sending'
  | 'activated'
  | 'rejected'
  | 'unknown'
  | 'reversing'
  | 'deactivated'
  | 'attention'

/** A sale as the journal holds it. Printing it masks the card number. */
export interface Transaction {
  readonly requestId: string
  /** All digits as given, 16 or 19. Not shown when the sale is printed or written as JSON. */
  readonly cardNumber: string
  /** The last four of them, such as `...7585`. */
  readonly card: string
  /** An exact decimal. */
  readonly amount: string
  /** The same in the currency's smallest unit. */
  readonly amountMinor: bigint
  readonly currency: string
  readonly state: TransactionState
  /** How many requests were sent for the activation and, later, for the deactivation. */
  readonly attempts: number
  /** When the intent was recorded. */
  readonly startedAt: Date
  /** When the row last changed. */
  readonly updatedAt: Date
  /**
   * When the last request of the activation was sent, by the gateway's time; until its outcome is recorded, the latest
   * time for which it may be signed.
   */
  readonly sentAt: Date
  /** Until when somebody works on it. */
  readonly leaseUntil: Date | undefined
  /** The gateway confirmed the activation, then or earlier. */
  readonly confirmed: boolean
  /** The sale was given up while its outcome was not known: it may only be reversed. */
  readonly voided: boolean
  /** How often the gateway has answered a reversal, and not by making it. */
  readonly reversalTries: number
  /** Recovery leaves it alone until then. */
  readonly retryAt: Date | undefined
  readonly expiresAt: Date | undefined
  readonly expiration: string | undefined
  /** The last error in one line. */
  readonly note: string | undefined
  readonly externalReference: string | undefined
  /** Whether somebody heard the outcome, or acknowledged it; of no meaning while there is none. */
  readonly told: boolean
  /** Which outcome this is, for `acknowledge`: another one has another version. */
  readonly version: number
  /** Everything but the card number. */
  toJSON(): Record<string, unknown>
}

/** A sale of a batch, and what came of it. Printing it masks the card number. */
export interface Row {
  /** The sale's place in the batch, from 0. */
  readonly index: number
  /** `undefined` only if a value was wrong; so are the three below. */
  readonly requestId: string | undefined
  /** All digits as given. Not shown when the row is printed or written as JSON. */
  readonly cardNumber: string | undefined
  /** The last four of them, such as `...7585`. */
  readonly card: string | undefined
  /** An exact decimal. */
  readonly amount: string | undefined
  readonly currency: string | undefined
  /** The receipt, with 0 attempts if the journal knew it. */
  readonly receipt: Receipt | undefined
  /** Why there is none. An `OutcomeUnknownError` is settled by running the batch again, or by `recover`. */
  readonly error: PosaError | undefined
  /** Everything but the card number. */
  toJSON(): Record<string, unknown>
}

/** What a server signed, read from the bytes that the signature covers. Printing it masks the card number. */
export interface Signed {
  readonly operation: Operation
  readonly requestId: string
  /** All digits. Not shown when it is printed or written as JSON. */
  readonly cardNumber: string
  /** The last four of them, such as `...7585`. */
  readonly card: string
  /** That of an activation, as an exact decimal. */
  readonly amount: string | undefined
  readonly currency: string | undefined
  /** The store that an activation names. */
  readonly sourceId: string | undefined
  /** The answer to the till: a JSON object with the two `headers`. Not for logs; left out when it is printed. */
  readonly answer: string
  /** Everything but the card number and the answer. */
  toJSON(): Record<string, unknown>
}

/** A receipt as the native side tells it. */
export type ToldReceipt = [
  operation: string,
  requestId: string,
  cardNumber: string,
  cardStatus: string,
  attempts: number,
  amount: string | null,
  currency: string | null,
  expiresAt: string | null,
  expiration: string | null,
]

const inspect = Symbol.for('nodejs.util.inspect.custom')

type Inspect = (value: unknown, options: unknown) => string

/** Keeps the digits out of sight: not an own member, so that printing and copying leave them behind. */
abstract class WithCard<Digits extends string | undefined = string> {
  readonly card: Digits
  readonly #digits: Digits

  constructor(digits: Digits) {
    this.#digits = digits
    this.card = (digits === undefined ? undefined : `...${digits.slice(12, 16)}`) as Digits
  }

  get cardNumber(): Digits {
    return this.#digits
  }

  toJSON(): Record<string, unknown> {
    return { ...(this as object) }
  }

  [inspect](_depth: number, options: unknown, print: Inspect): string {
    return `${this.constructor.name} ${print({ ...this }, options)}`
  }
}

class ConfirmedReceipt extends WithCard implements Receipt {
  readonly operation: Receipt['operation']
  readonly requestId: string
  readonly cardStatus: string
  readonly amount: string | undefined
  readonly currency: string | undefined
  readonly expiresAt: Date | undefined
  readonly expiration: string | undefined
  readonly attempts: number

  constructor(told: ToldReceipt) {
    const [operation, requestId, cardNumber, cardStatus, attempts, amount, currency, expiresAt, expiration] = told
    super(cardNumber)
    this.operation = operation as Receipt['operation']
    this.requestId = requestId
    this.cardStatus = cardStatus
    this.amount = amount ?? undefined
    this.currency = currency ?? undefined
    this.expiresAt = expiresAt === null ? undefined : new Date(expiresAt)
    this.expiration = expiration ?? undefined
    this.attempts = attempts
  }

  get amountMinor(): bigint | undefined {
    return this.amount === undefined ? undefined : minor(this.amount)
  }
}
Object.defineProperty(ConfirmedReceipt, 'name', { value: 'Receipt' })

class RecordedTransaction extends WithCard implements Transaction {
  readonly requestId: string
  readonly amount: string
  readonly currency: string
  readonly state: TransactionState
  readonly attempts: number
  readonly startedAt: Date
  readonly updatedAt: Date
  readonly sentAt: Date
  readonly leaseUntil: Date | undefined
  readonly confirmed: boolean
  readonly voided: boolean
  readonly reversalTries: number
  readonly retryAt: Date | undefined
  readonly expiresAt: Date | undefined
  readonly expiration: string | undefined
  readonly note: string | undefined
  readonly externalReference: string | undefined
  readonly told: boolean
  readonly version: number

  constructor(told: Native.Sale) {
    super(told.cardNumber)
    this.requestId = told.requestId
    this.amount = told.amount
    this.currency = told.currency
    this.state = told.state as TransactionState
    this.attempts = told.attempts
    this.startedAt = new Date(told.startedAt)
    this.updatedAt = new Date(told.updatedAt)
    this.sentAt = new Date(told.sentAt)
    this.leaseUntil = date(told.leaseUntil)
    this.confirmed = told.confirmed
    this.voided = told.voided
    this.reversalTries = told.reversalTries
    this.retryAt = date(told.retryAt)
    this.expiresAt = date(told.expiresAt)
    this.expiration = told.expiration
    this.note = told.note
    this.externalReference = told.externalReference
    this.told = told.told
    this.version = told.version
  }

  get amountMinor(): bigint {
    return minor(this.amount)
  }
}
Object.defineProperty(RecordedTransaction, 'name', { value: 'Transaction' })

class BatchRow extends WithCard<string | undefined> implements Row {
  readonly index: number
  readonly requestId: string | undefined
  readonly amount: string | undefined
  readonly currency: string | undefined
  readonly receipt: Receipt | undefined
  readonly error: PosaError | undefined

  constructor(told: Native.Row) {
    super(told.cardNumber)
    this.index = told.index
    this.requestId = told.requestId
    this.amount = told.amount
    this.currency = told.currency
    this.receipt = told.receipt === undefined ? undefined : receipt(told.receipt)
    this.error = told.error === undefined ? undefined : errorFrom(told.error)
  }
}
Object.defineProperty(BatchRow, 'name', { value: 'Row' })

class SignedRequest extends WithCard implements Signed {
  readonly operation: Operation
  readonly requestId: string
  readonly amount: string | undefined
  readonly currency: string | undefined
  readonly sourceId: string | undefined
  readonly #answer: string

  constructor(told: Native.Signed) {
    super(told.cardNumber)
    this.operation = told.operation as Operation
    this.requestId = told.requestId
    this.amount = told.amount
    this.currency = told.currency
    this.sourceId = told.sourceId
    this.#answer = told.answer
  }

  get answer(): string {
    return this.#answer
  }
}
Object.defineProperty(SignedRequest, 'name', { value: 'Signed' })

/** The decimal has all of the currency's fraction digits. */
function minor(amount: string): bigint {
  return BigInt(amount.replace('.', ''))
}

function date(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}

export const receipt = (told: ToldReceipt): Receipt => new ConfirmedReceipt(told)
export const transaction = (told: Native.Sale): Transaction => new RecordedTransaction(told)
export const row = (told: Native.Row): Row => new BatchRow(told)
export const signed = (told: Native.Signed): Signed => new SignedRequest(told)
