/** Signing for tills that must not hold the key. */

import { calls, message } from './calls.js'
import { type Credentials, pair } from './credentials.js'
import { errorFrom, PosaError } from './errors.js'
import type { NativeDesk, RulesInput, Signed as ToldSigned, Unsigned as ToldUnsigned } from './generated.js'
import { type Operation, type Signed, signed } from './models.js'
import { native } from './native.js'
import { type Place, placeMembers, placeOf } from './place.js'
import { amountValues } from './sale.js'
import { kind, members, text } from './values.js'

/** A request that needs a signature. It holds a whole card number, but no secret; printed, it shows neither. */
export interface Unsigned {
  readonly operation: Operation
  readonly format: 'json' | 'xml'
  readonly host: string
  /** The exact bytes that will be sent. */
  readonly body: Uint8Array
  /** The time to sign for, corrected for the skew of this machine's clock. */
  readonly time: Date
  /**
   * For a server that calls `signRequest`: a JSON object of `method`, `path`, `headers`, `payloadHash` and `body`.
   */
  readonly question: string
}

/**
 * Returns the headers `x-amz-date` and `authorization`; other headers are passed over. It throws `SigningRefusedError`
 * where the answer is no, which ends the call; whatever else it throws means that nobody could be asked, and has it called
 * again until the deadline.
 */
export type Signer = (request: Unsigned) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>

/** What a server signs for its tills, and the key it signs with. */
export interface SigningRulesOptions extends Place {
  /** The one partner that is signed for. */
  readonly partnerId: string
  /**
   * The four characters, such as `S042`, which the tills have as their `idTag`, and nobody else: no sale, no return and
   * no status check is signed under an id without them.
   */
  readonly idTag: string
  readonly credentials: Credentials
  /** The operations that are signed; all three by default. */
  readonly operations?: readonly Operation[] | undefined
  /**
   * The highest amount of an activation in each currency, as a decimal string; a currency without one is refused. No
   * limit by default.
   */
  readonly limits?: Readonly<Record<string, string>> | undefined
  /** The source ids of the stores whose activations are signed; any by default. */
  readonly stores?: readonly string[] | undefined
  /** The institution ids of those; by default that of the store itself, or any without `stores`. */
  readonly institutions?: readonly string[] | undefined
  /** The program ids that an activation may name; none by default. */
  readonly programs?: readonly string[] | undefined
  /** The product types that an activation may name; none by default. */
  readonly productTypes?: readonly string[] | undefined
}

const lists = ['stores', 'institutions', 'programs', 'productTypes'] as const
const ruleMembers = new Set([...placeMembers, 'partnerId', 'idTag', 'credentials', 'operations', 'limits', ...lists])
const desks = new WeakMap<SigningRules, NativeDesk>()

/** Rules and a key, checked once and used for every question. */
export class SigningRules {
  /**
   * @throws {PosaError} a rule or the key cannot be used.
   * @throws {TypeError} one is of another type.
   */
  constructor(options: SigningRulesOptions) {
    const given = members('rules', options, ruleMembers)
    const [accessKeyId, secretAccessKey] = pair(given['credentials'])
    const rules: RulesInput = {
      partnerId: text('partnerId', given['partnerId']),
      idTag: text('idTag', given['idTag']),
      accessKeyId,
      secretAccessKey,
      limits: limits(given['limits'] ?? {}),
      stores: [],
      institutions: [],
      programs: [],
      productTypes: [],
    }
    for (const name of lists) rules[name] = texts(name, given[name] ?? [])
    if (given['operations'] !== undefined) rules.operations = texts('operations', given['operations'])
    const desk = native.openDesk(rules, placeOf(given))
    if ('kind' in desk) throw errorFrom(desk)
    desks.set(this, desk)
  }
}

/**
 * Signs a till's question if the rules allow it, for this machine's time. Operation, partner, amount and store are
 * read from the very bytes that are signed. Whether the till may ask at all is for the caller to check before.
 *
 * @param question `Unsigned.question`, as it came from the till.
 * @throws {InvalidInputError} the question cannot be read, or a rule forbids it; `field` names which.
 */
export async function signRequest(question: string | Uint8Array, rules: SigningRules): Promise<Signed> {
  const desk = rules instanceof SigningRules ? desks.get(rules) : undefined
  if (desk === undefined) throw new TypeError(`rules are ${kind(rules)}; pass SigningRules`)
  const bytes = question instanceof Uint8Array ? question : text('question', question)
  const told = await calls.run((call, mailbox) => desk.sign(mailbox, call, Buffer.from(bytes as string)))
  return signed(message(told).signed as ToldSigned)
}

/** Body and question hold a whole card number, so they are in no print of it. */
class AskedFor implements Unsigned {
  readonly operation: Operation
  readonly format: 'json' | 'xml'
  readonly host: string
  readonly time: Date
  readonly #body: Uint8Array
  readonly #question: string

  constructor(told: ToldUnsigned) {
    this.operation = told.operation as Operation
    this.format = told.format as 'json' | 'xml'
    this.host = told.host
    this.time = new Date(told.time)
    this.#body = told.body
    this.#question = told.question
  }

  get body(): Uint8Array {
    return this.#body
  }

  get question(): string {
    return this.#question
  }
}
Object.defineProperty(AskedFor, 'name', { value: 'Unsigned' })

/** Thrown by a signer to say why there is no signature: one sentence, which the call's error repeats, without a secret. */
export class SigningRefusedError extends Error {
  override readonly name = 'SigningRefusedError'
}

/** Why a signer that failed refused; `undefined` if it was not asked at all. */
export function refusalOf(failure: unknown): string | undefined {
  return failure instanceof SigningRefusedError || failure instanceof PosaError ? failure.message : undefined
}

/** What a signer returned for a request, as names and values. */
export async function signedBy(signer: Signer, told: ToldUnsigned): Promise<[string, string][]> {
  const headers = await signer(new AskedFor(told))
  if (typeof headers !== 'object' || headers === null) {
    throw new SigningRefusedError('it returned no object with the headers x-amz-date and authorization')
  }
  return Object.entries(headers).map(([name, value]) => {
    if (typeof value !== 'string') throw new SigningRefusedError('it returned a header that is no text')
    return [name, value]
  })
}

function limits(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`limits are ${kind(value)}; pass an object such as { USD: '100.00' }`)
  }
  return Object.entries(value).map(([currency, most]) => {
    const [decimal, minor] = amountValues(`limits.${currency}`, most)
    if (minor) throw new TypeError(`limits.${currency} is a bigint; pass a decimal string such as "100.00"`)
    return [currency, decimal]
  })
}

function texts(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} are ${kind(value)}; pass an array of strings`)
  return value.map((item) => text(`an item of ${name}`, item))
}
