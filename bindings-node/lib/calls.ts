import * as timers from 'node:timers'
import { type About, aborted, checkSignal } from './abort.js'
import { errorFrom } from './errors.js'
import type { Event, Mailbox, Message, Question } from './generated.js'
import type { ToldReceipt } from './models.js'
import { native } from './native.js'

/** How a call ended: a receipt, or a message with at most one member. */
type Told = ToldReceipt | Message

/** The functions that one client was given. */
export interface Functions {
  /** Names and values. */
  answer?(question: Question): Promise<[string, string][]>
  /** Why they refused, where they did not merely fail. */
  refusal?(failure: unknown): string | undefined
  onEvent?(event: Event): unknown
  /** Why the latest of them failed. */
  failure?: unknown
}

type End = (told: Told) => void
type Begin = (call: number, mailbox: Mailbox) => void

// Taken while they are the real ones: tests replace timers, in this module too.
const { setImmediate, setInterval } = timers

/** One who waits until a signal. */
export interface Caller {
  readonly signal: AbortSignal
  readonly about: About
  /** Keeps the process until what was left has ended. */
  readonly linger?: () => void
}

/** The operations under way in this thread, and the functions that they may ask. */
class Calls {
  readonly mailbox: Mailbox = new native.Mailbox(() => this.#drain())
  readonly #waiting = new Map<number, End>()
  /** Those that do not keep the process. */
  readonly #idle = new Map<number, End>()
  readonly #functions = new Map<number, Functions>()
  /** Keeps the process for as long as an operation is under way; nothing on the native side does. */
  readonly #alive = setInterval(() => {}, 0x7fff_ffff).unref()
  #last = 0
  #confirming = false

  /** Begins an operation and waits for what it comes to, or until its caller leaves. The functions are those of its client. */
  async run(begin: Begin, functions?: Functions, caller?: Caller): Promise<Told> {
    const told = await (caller === undefined
      ? new Promise<Told>((resolve) => this.#enter(begin, resolve))
      : this.#runFor(caller, begin))
    if (Array.isArray(told) || told.error === undefined) return told
    const { field } = told.error
    const asked = field === 'credentials' || field === 'signer'
    throw errorFrom(told.error, asked ? functions?.failure : undefined)
  }

  /** As `run`, for what only waits its turn: it does not keep the process. */
  async idle(begin: (call: number) => void): Promise<void> {
    const told = await new Promise<Told>((resolve) => {
      const call = this.name()
      begin(call)
      this.#idle.set(call, resolve)
    })
    const { error } = message(told)
    if (error !== undefined) throw errorFrom(error)
  }

  /** A name for a client's functions, under which the native side asks for them. */
  name(): number {
    this.#last = (this.#last + 1) % 0x1_0000_0000
    return this.#last
  }

  register(client: number, functions: Functions): void {
    this.#functions.set(client, functions)
  }

  forget(client: number): void {
    this.#functions.delete(client)
  }

  #runFor({ signal, about, linger }: Caller, begin: Begin): Promise<Told> {
    checkSignal(signal, about)
    return new Promise<Told>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(call)
        this.mailbox.abandon(call)
        linger?.()
        this.#rest()
        reject(aborted(signal, about))
      }
      const call = this.#enter(begin, (told) => {
        signal.removeEventListener('abort', leave)
        resolve(told)
      })
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** What it comes to is taken in a later turn, so that a call that could not begin leaves nothing behind. */
  #enter(begin: Begin, end: End): number {
    const call = this.name()
    begin(call, this.mailbox)
    if (this.#waiting.size === 0) this.#alive.ref()
    this.#waiting.set(call, end)
    return call
  }

  #rest(): void {
    if (this.#waiting.size === 0) this.#alive.unref()
  }

  #drain(): void {
    const arrived = this.mailbox.drain()
    // Ends first: the functions below may abort a call whose end is among them.
    const rest = arrived.filter(([to, told]) => !this.#end(to, told))
    if (rest.length < arrived.length) this.#confirm()
    for (const [to, told] of rest) {
      const { question, event } = message(told)
      if (question !== undefined) void this.#answer(to, question)
      else if (event !== undefined) this.#tell(to, event)
    }
    this.#rest()
  }

  /** Whether it is the end of a call. */
  #end(call: number, told: Told): boolean {
    const end = this.#waiting.get(call) ?? this.#idle.get(call)
    if (end === undefined) return false
    if (!this.#waiting.delete(call)) this.#idle.delete(call)
    end(told)
    return true
  }

  /** Says in a later turn that the callers have what was drained: by then their code has run. */
  #confirm(): void {
    if (this.#confirming) return
    this.#confirming = true
    setImmediate(() => {
      this.#confirming = false
      this.mailbox.heard()
    })
  }

  async #answer(client: number, question: Question): Promise<void> {
    const functions = this.#functions.get(client)
    try {
      this.mailbox.answer(question.id, await functions?.answer?.(question))
    } catch (failure) {
      if (functions !== undefined) functions.failure = failure
      this.mailbox.answer(question.id, undefined, functions?.refusal?.(failure))
    }
  }

  /** A log that fails, now or later, must not stop a sale. */
  #tell(client: number, event: Event): void {
    try {
      const told = this.#functions.get(client)?.onEvent?.(event)
      if (told instanceof Promise) told.catch(warn)
    } catch (failure) {
      warn(failure)
    }
  }
}

function warn(failure: unknown): void {
  process.emitWarning(failure instanceof Error ? failure : String(failure), { code: 'POSA_ON_EVENT' })
}

/** What a message has. A call that comes to a message never comes to a receipt. */
export function message(told: Told): Message {
  return told as Message
}

export const calls = new Calls()
