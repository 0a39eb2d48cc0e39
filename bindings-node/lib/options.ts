import type { Functions } from './calls.js'
import { type CredentialsSource, pair } from './credentials.js'
import type { PosaEvent } from './events.js'
import { eventFrom } from './events.js'
import type { Place as NativePlace, NativeRateLimit, Options, Own, Unsigned } from './generated.js'
import { type Place, placeMembers, placeOf } from './place.js'
import { limitOf, RateLimit } from './rate_limit.js'
import { refusalOf, type Signer, signedBy } from './signing.js'
import { flag, kind, members, optionalText, text, whole } from './values.js'

/** How to set a `Client` up. Times are in milliseconds. */
export interface ClientOptions extends Place {
  /** Five characters, as your account manager wrote them, such as `Awssb`. */
  readonly partnerId: string
  /**
   * Four characters, such as `S042`, that follow the partner id in each request id: those of the shop, which the server
   * that signs for its tills asks for. A request id of your own has to have them.
   */
  readonly idTag?: string | undefined
  readonly credentials?: CredentialsSource | undefined
  /** Signs in place of `credentials`, such as a server that holds the key. */
  readonly signer?: Signer | undefined
  /**
   * Where sales are recorded: the path of a SQLite file; a `postgres://` URL, shared by many machines; `'memory'`, for
   * as long as the client lives; or `'none'`, if you keep each request id yourself. With `'none'`, an id that you give may
   * have been sent before, so a refusal of it is an `OutcomeUnknownError` unless it settles earlier attempts too.
   */
  readonly journal: string
  readonly format?: 'json' | 'xml' | undefined
  /** How long one request may take, its answer included; 6,000 by default, as the vendor advises. */
  readonly attemptTimeout?: number | undefined
  /** How long connecting may take; 3,000 by default. It is part of the attempt's time. */
  readonly connectTimeout?: number | undefined
  /** How long one operation may take, all its requests and pauses included; 30,000 by default. */
  readonly deadline?: number | undefined
  /** Most requests of one operation, all with the same id; 8 by default. */
  readonly attempts?: number | undefined
  /** The longest first pause between requests; 200 by default, doubled with each. */
  readonly retryBase?: number | undefined
  /** The longest pause; 10,000 by default. */
  readonly retryCap?: number | undefined
  /** Requests a second, 10 by default, which is the account's limit; one that clients share; or `null` for none. */
  readonly rateLimit?: number | RateLimit | null | undefined
  /** Of these, takes so many at the most and leaves the others to tills that sell: for a nightly job. */
  readonly rateShare?: number | undefined
  /** A proxy's URL. The environment's proxy variables are not read. */
  readonly proxy?: string | undefined
  /** Certificate authorities to trust beside the platform's, in PEM. */
  readonly extraCa?: string | Uint8Array | undefined
  /**
   * Counts an outcome as told only once it is acknowledged, for a till that prints, or writes its own books, some time after
   * the call returned; `false` by default: a call that returned to a caller who waited has told.
   */
  readonly acknowledged?: boolean | undefined
  /** Told what happens. It does not keep the process, and what it throws or rejects becomes a warning. */
  readonly onEvent?: ((event: PosaEvent) => void | Promise<void>) | undefined
}

/** What one call has otherwise than its client. Times are in milliseconds. */
export interface Overrides {
  readonly deadline?: number | undefined
  readonly attemptTimeout?: number | undefined
  readonly attempts?: number | undefined
}

const defaults = {
  attemptTimeout: 6_000,
  connectTimeout: 3_000,
  deadline: 30_000,
  attempts: 8,
  retryBase: 200,
  retryCap: 10_000,
} as const

const counts = Object.keys(defaults) as (keyof typeof defaults)[]

const optionMembers = new Set<string>([
  'partnerId',
  'idTag',
  ...placeMembers,
  'credentials',
  'signer',
  'journal',
  'format',
  ...counts,
  'rateLimit',
  'rateShare',
  'acknowledged',
  'proxy',
  'extraCa',
  'onEvent',
])

/** The options as the native side takes them, and the functions among them. */
export interface Converted {
  readonly options: Options
  readonly place: NativePlace
  readonly functions: Functions
  readonly limit: NativeRateLimit | undefined
}

export function convert(value: ClientOptions, client: number): Converted {
  const given = members('options', value, optionMembers)
  const limit = given['rateLimit'] instanceof RateLimit ? given['rateLimit'] : undefined
  const options: Options = {
    ...defaults,
    client,
    partnerId: text('partnerId', given['partnerId']),
    journal: text('journal', given['journal']),
    rateLimit: limit === undefined ? rate(given['rateLimit']) : 0,
    acknowledged: flag('acknowledged', given['acknowledged']) ?? false,
    events: given['onEvent'] !== undefined,
  }
  for (const name of counts) options[name] = whole(name, given[name]) ?? options[name]
  for (const name of ['idTag', 'format', 'proxy'] as const) {
    const value = optionalText(name, given[name])
    if (value !== undefined) options[name] = value
  }
  const share = whole('rateShare', given['rateShare'], 1)
  if (share !== undefined) options.rateShare = share
  if (given['extraCa'] !== undefined) options.extraCa = pem(given['extraCa'])
  const functions: Functions = {}
  keys(options, functions, given)
  if (given['onEvent'] !== undefined) {
    const listen = callable('onEvent', given['onEvent']) as NonNullable<ClientOptions['onEvent']>
    functions.onEvent = (event) => listen(eventFrom(event))
  }
  return { options, place: placeOf(given), functions, limit: limit && limitOf(limit) }
}

/** What one call has of its own; nothing where there is nothing, which is quicker. */
export function own(given: Overrides | undefined): Own | undefined {
  if (given === undefined) return undefined
  const own: Own = {}
  for (const name of ['deadline', 'attemptTimeout', 'attempts'] as const) {
    const value = whole(name, given[name])
    if (value !== undefined) own[name] = value
  }
  return Object.keys(own).length === 0 ? undefined : own
}

/** Requests a second; the native side has 0 for no limit. */
function rate(value: unknown): number {
  return value === null ? 0 : (whole('rateLimit', value, 1) ?? 10)
}

function keys(options: Options, functions: Functions, given: Record<string, unknown>): void {
  const { credentials, signer } = given
  if (signer !== undefined) {
    if (credentials !== undefined) {
      throw new TypeError('credentials and signer are both given; leave one of the two out')
    }
    const sign = callable('signer', signer) as Signer
    options.keysFrom = 'signer'
    functions.answer = ({ unsigned }) => signedBy(sign, unsigned as Unsigned)
    functions.refusal = refusalOf
  } else if (typeof credentials === 'function') {
    options.keysFrom = 'function'
    functions.answer = async () => [pair(await credentials())]
  } else if (credentials === 'environment') {
    options.keysFrom = 'environment'
  } else if (typeof credentials === 'object' && credentials !== null && 'file' in credentials) {
    const { file } = members('credentials', credentials, new Set(['file']))
    options.keysFile = text('credentials.file', file)
  } else if (credentials !== undefined) {
    ;[options.accessKeyId, options.secretAccessKey] = pair(credentials)
  }
}

function pem(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : text('extraCa', value)
}

function callable(name: string, value: unknown): (...given: never[]) => unknown {
  if (typeof value === 'function') return value as (...given: never[]) => unknown
  throw new TypeError(`${name} is ${kind(value)}; pass a function`)
}
