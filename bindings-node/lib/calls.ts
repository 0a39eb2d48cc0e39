import { setInterval } from 'node:timers'
import { AbortError, errorFrom } from './errors.js'
import type { Event, Mailbox, Message, Question } from './generated.js'
import type { ToldReceipt } from './models.js'
import { native } from './native.js'
import { kind } from './values.js'

/** How a caller waits. */
export interface WaitOptions {
  /** Stops the waiting, never the operation: what was sent is finished and recorded. */
  readonly signal?: AbortSignal | undefined
}

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

  /**
   * Begins an operation and waits for what it comes to. The functions are those of its client; the signal's error
   * names the request id.
   */
  async run(
    begin: (call: number, mailbox: Mailbox) => void,
    functions?: Functions,
    signal?: AbortSignal,
    requestId?: string,
  ): Promise<Told> {
    const told = await (signal === undefined
      ? new Promise<Told>((resolve) => this.#enter(begin, resolve))
      : this.#runUntil(signal, begin, requestId))
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

  #runUntil(
    signal: AbortSignal,
    begin: (call: number, mailbox: Mailbox) => void,
    requestId: string | undefined,
  ): Promise<Told> {
    if (typeof signal?.addEventListener !== 'function') {
      throw new TypeError(`signal is ${kind(signal)}; pass an AbortSignal`)
    }
    if (signal.aborted) throw aborted(signal, 'not_sent', requestId)
    return new Promise<Told>((resolve, reject) => {
      const stop = () => reject(aborted(signal, 'unknown', requestId))
      this.#enter(begin, (told) => {
        signal.removeEventListener('abort', stop)
        resolve(told)
      })
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  /** What it comes to is taken in a later turn, so that a call that could not begin leaves nothing behind. */
  #enter(begin: (call: number, mailbox: Mailbox) => void, end: End): void {
    const call = this.name()
    begin(call, this.mailbox)
    if (this.#waiting.size === 0) this.#alive.ref()
    this.#waiting.set(call, end)
  }

  #drain(): void {
    for (const [to, told] of this.mailbox.drain()) {
      if (!Array.isArray(told) && told.question !== undefined) {
        void this.#answer(to, told.question)
      } else if (!Array.isArray(told) && told.event !== undefined) {
        this.#tell(to, told.event)
      } else {
        const end = this.#waiting.get(to) ?? this.#idle.get(to)
        if (!this.#waiting.delete(to)) this.#idle.delete(to)
        end?.(told)
      }
    }
    if (this.#waiting.size === 0) this.#alive.unref()
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

function aborted(signal: AbortSignal, delivery: 'not_sent' | 'unknown', requestId: string | undefined): AbortError {
  const message =
    delivery === 'not_sent'
      ? 'aborted before it began: nothing was sent'
      : 'the waiting was aborted; the operation goes on, and its request id tells what came of it'
  // What begins with a digit is no id, and may be a card's number.
  const shown = requestId !== undefined && /^\d/.test(requestId) ? undefined : requestId
  return new AbortError(message, { delivery, requestId: shown, cause: signal.reason })
}

export const calls = new Calls()
