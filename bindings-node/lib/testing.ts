/** A sandbox gateway in the process, for tests and for trying things out. No Amazon account is needed. */

import { calls, message } from './calls.js'
import { errorFrom } from './errors.js'
import type { SandboxOptions as NativeOptions, NativeSandbox } from './generated.js'
import { native } from './native.js'
import type {
  Fault,
  NewCard,
  SandboxCard,
  SandboxClock,
  SandboxConnection,
  SandboxFunds,
  SandboxMovement,
  SandboxOptions,
  SandboxRequest,
  SandboxSettings,
  SandboxState,
  SandboxTransaction,
} from './sandbox_types.js'
import { flag, members, optionalText, whole } from './values.js'

export type * from './sandbox_types.js'

const texts = ['state', 'f1000', 'region', 'partnerId'] as const
const flags = ['strictCardNumbers', 'strictRequestIds', 'serverErrorStatus'] as const
const optionMembers = new Set<string>([...texts, ...flags, 'throttle'])

/** Held here, for clients go on with the settings of a sandbox that nobody names any more. */
const running = new Set<Sandbox>()

/**
 * A gateway on free ports of 127.0.0.1, with cards, funds and faults of its own. It runs until it is stopped or the process ends,
 * which it does not keep.
 *
 * What it is told and asked is answered at once; only requests of clients travel over HTTP.
 */
export class Sandbox {
  readonly #native: NativeSandbox
  readonly #connection: SandboxConnection

  private constructor(started: NativeSandbox) {
    this.#native = started
    this.#connection = this.#control<SandboxConnection>('ready')
  }

  /**
   * @throws {ConfigurationError} a port cannot be listened on, or a state file cannot be used.
   */
  static async start(options: SandboxOptions = {}): Promise<Sandbox> {
    const given = members('options', options, optionMembers)
    const converted: NativeOptions = {}
    for (const name of texts) {
      const value = optionalText(name, given[name])
      if (value !== undefined) converted[name] = value
    }
    for (const name of flags) {
      const value = flag(name, given[name])
      if (value !== undefined) converted[name] = value
    }
    const throttle = given['throttle'] === null ? 0 : whole('throttle', given['throttle'], 1)
    if (throttle !== undefined) converted.throttle = throttle
    const told = await calls.run((call, mailbox) => native.startSandbox(mailbox, call, converted))
    const sandbox = new Sandbox(message(told).sandbox as NativeSandbox)
    running.add(sandbox)
    return sandbox
  }

  /** What a client needs: `new Client({ ...sandbox.settings, journal: 'memory' })`. */
  get settings(): SandboxSettings {
    const { partnerId, endpoint, region, accessKeyId, secretAccessKey } = this.#connection
    return { partnerId, endpoint, region, credentials: veiled({ accessKeyId, secretAccessKey }) }
  }

  /** The same over HTTPS, with the certificate authority of this sandbox. */
  get tlsSettings(): SandboxSettings {
    return { ...this.settings, endpoint: this.#connection.tlsUrl, extraCa: this.#connection.caPem }
  }

  /** `http://127.0.0.1:<port>`; the dashboard is there too. */
  get url(): string {
    return this.#connection.url
  }

  /** `https://127.0.0.1:<port>`. */
  get tlsUrl(): string {
    return this.#connection.tlsUrl
  }

  /** The certificate authority of this sandbox, in PEM. */
  get caPem(): string {
    return this.#connection.caPem
  }

  /** The partner id of the settings. */
  get partnerId(): string {
    return this.#connection.partnerId
  }

  /**
   * The cards, in the order of the inventory; those of one currency or denomination, where given. `null` is the
   * denomination of a card whose amount the activation sets.
   */
  cards(filter: { currency?: string; denomination?: string | null } = {}): SandboxCard[] {
    const { currency, denomination } = members('filter', filter, new Set(['currency', 'denomination']))
    const fits = (card: SandboxCard) =>
      (currency === undefined || card.currency === currency) &&
      (denomination === undefined || card.denomination === denomination)
    return this.#control<Card[]>('cards').map(withDigits).filter(fits)
  }

  /**
   * One card, by its 16 digits, with or without the checksum.
   *
   * @throws {InvalidInputError} there is no such card.
   */
  card(cardNumber: string): SandboxCard {
    return withDigits(this.#control('card', { cardNumber }))
  }

  /** Adds a card at the end of the inventory. */
  addCard(card: NewCard): SandboxCard {
    return withDigits(this.#control('add_card', card))
  }

  /** Does to a card what a customer, time or the vendor would. */
  setCondition(cardNumber: string, condition: SandboxCard['condition']): SandboxCard {
    return withDigits(this.#control('set_condition', { cardNumber, condition }))
  }

  /** Every prepaid account. */
  funds(): SandboxFunds[] {
    return this.#control('funds')
  }

  /** Sets what a partner, the first one unless given, can still spend; `available` is a decimal. */
  setFunds(currency: string, available: string, partnerId?: string): SandboxFunds {
    return this.#control('set_funds', { currency, available, partnerId })
  }

  /** Every activation, oldest first. */
  transactions(): SandboxTransaction[] {
    return this.#control('transactions')
  }

  /** Every charge and refund, oldest first: a double charge shows as two. */
  movements(): SandboxMovement[] {
    return this.#control('movements')
  }

  /** The sandbox's clock; with a change, after it. */
  clock(change: { offsetSeconds?: number; advanceSeconds?: number; frozen?: boolean } = {}): SandboxClock {
    return this.#control('clock', change)
  }

  /** Puts a fault at the end of the queue: `{ fault: 'drop_after_commit' }` loses the next answer. */
  inject(fault: Fault): void {
    this.#control('inject', fault)
  }

  /** Faults that wait for a request. */
  faults(): Fault[] {
    return this.#control('faults')
  }

  /** Forgets every fault, and every late request that was not applied yet. */
  clearFaults(): void {
    this.#control('clear_faults')
  }

  /** Applies the late requests in the order in which they were sent; what each came to. */
  release(): string[] {
    return this.#control('release')
  }

  /** The last 10,000 requests, oldest first. */
  requests(): SandboxRequest[] {
    return this.#control('requests')
  }

  /** Empties the request log. */
  clearRequests(): void {
    this.#control('clear_requests')
  }

  /** Everything at once. */
  state(): SandboxState {
    return this.#control('state')
  }

  /** Back to the first moment: the default cards and funds, no faults, an empty log, the machine's time. */
  reset(): void {
    this.#control('reset')
  }

  /** Refuses new connections, lets requests under way finish for two seconds, and closes the rest. */
  async stop(): Promise<void> {
    running.delete(this)
    await calls.run((call, mailbox) => this.#native.stop(mailbox, call))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #control<T>(verb: string, argument: object = {}): T {
    const answer = this.#native.control(verb, JSON.stringify(renamed(argument, snake)))
    if (typeof answer !== 'string') throw errorFrom(answer)
    return veiled(renamed(JSON.parse(answer), camel)) as T
  }
}

type Card = Omit<SandboxCard, 'digits'>

const withDigits = (card: Card): SandboxCard => veiled({ ...card, digits: card.cardNumber + card.checksum })

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** Prints it, and all that is in it, without secrets and whole card numbers. Its members, and its JSON, have them. */
function veiled<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) veiled(item)
  const hidden = ['secretAccessKey', 'cardNumber', 'digits'].filter((name) => Object.hasOwn(value, name))
  if (hidden.length > 0) Object.defineProperty(value, inspect, { value: print(hidden) })
  return value
}

function print(hidden: readonly string[]) {
  return function (
    this: Record<string, string>,
    _depth: number,
    options: unknown,
    inspect: typeof import('node:util').inspect,
  ) {
    const shown = hidden.map((name) => [name, name === 'secretAccessKey' ? '...' : `...${this[name]?.slice(12, 16)}`])
    return inspect({ ...this, ...Object.fromEntries(shown) }, options as object)
  }
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]))
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
