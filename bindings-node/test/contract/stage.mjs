import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { camel } from '../support/package.mjs'

/** A sandbox, its clients, and what the steps have left behind. */
export class Stage {
  cards = {}
  clients = {}
  ids = {}

  static async set({ posa, testing }, scenario) {
    const stage = new Stage()
    stage.posa = posa
    const settings = Object.entries(scenario.sandbox ?? {}).map(([name, value]) => [camel(name), value])
    stage.sandbox = await testing.Sandbox.start({ throttle: null, ...Object.fromEntries(settings) })
    const inventory = stage.sandbox.cards()
    for (const [name, selector] of Object.entries(scenario.cards)) stage.cards[name] = select(inventory, selector)
    for (const [name, settings] of Object.entries(scenario.clients ?? { till: {} })) {
      stage.clients[name] = stage.connect(settings)
    }
    return stage
  }

  async stop() {
    for (const client of Object.values(this.clients)) await client.close()
    await this.sandbox.stop()
  }

  async play(step, place) {
    switch (step.do) {
      case 'activate':
      case 'deactivate':
      case 'status':
        return this.call(step, place)
      case 'connect':
        return this.compare(await this.outcome(() => this.connect(step).close()), step.expect, place)
      case 'fault': {
        const { do: _, ...fault } = step
        return this.sandbox.inject(Object.fromEntries(Object.entries(fault).map(([k, v]) => [camel(k), v])))
      }
      case 'release':
        return assert.ok(this.sandbox.release().length > 0, `${place}: no request is late`)
      case 'clock': {
        const { frozen, advance_seconds: advanceSeconds } = step
        return this.sandbox.clock({ ...(frozen === undefined ? {} : { frozen }), advanceSeconds: advanceSeconds ?? 0 })
      }
      case 'condition':
        return this.sandbox.setCondition(this.cards[step.card], step.condition)
      case 'funds':
        return this.sandbox.setFunds(step.currency, step.available)
    }
  }

  async call(step, place) {
    const client = this.clients[step.client ?? 'till']
    const requestId = step.request_id_of ? this.ids[step.request_id_of] : step.request_id
    const card = { cardNumber: step.card ? this.cards[step.card] : step.card_number, requestId }
    const outcome = await this.outcome(() => {
      if (step.do !== 'activate') {
        return client[step.do]({ ...card, externalReference: step.external_reference })
      }
      return client.activate({
        ...card,
        amount: step.amount,
        currency: step.currency,
        source: step.source && source(step.source),
        programId: step.program_id,
        productType: step.product_type,
        externalReference: step.external_reference,
      })
    })
    this.compare(outcome, step.expect, place)
    if (step.as) {
      assert.ok(outcome.request_id, `${place}: no request id came back`)
      this.ids[step.as] = outcome.request_id
    }
  }

  connect(settings) {
    const { sandbox } = this
    const own = settings.tls ? sandbox.tlsSettings : sandbox.settings
    const production = settings.environment === 'production' && settings.endpoint === undefined
    return new this.posa.Client({
      partnerId: settings.partner_id ?? own.partnerId,
      ...(production ? {} : { endpoint: settings.endpoint ?? own.endpoint, region: settings.region ?? own.region }),
      marketplace: settings.marketplace,
      environment: settings.environment,
      credentials: {
        accessKeyId: settings.access_key_id ?? own.credentials.accessKeyId,
        secretAccessKey: settings.secret_access_key ?? own.credentials.secretAccessKey,
      },
      journal: settings.journal ?? 'memory',
      format: settings.format,
      extraCa: own.extraCa,
      attempts: settings.attempts ?? 3,
      retryBase: 1,
      retryCap: 10,
      attemptTimeout: settings.attempt_timeout_ms,
      deadline: settings.deadline_ms,
      rateLimit: null,
    })
  }

  /** How a call ended, in the words of the scenarios. */
  async outcome(begin) {
    try {
      const receipt = await begin()
      return receipt === undefined ? { outcome: 'done' } : success(receipt)
    } catch (error) {
      assert.ok(error instanceof this.posa.PosaError, inspect(error))
      const shown = `${error}\n${inspect(error)}\n${JSON.stringify(error)}`
      for (const digits of Object.values(this.cards)) assert.ok(!shown.includes(digits.slice(0, 12)), shown)
      return {
        outcome: error.delivery === 'unknown' ? 'unknown' : 'rejected',
        kind: error.code,
        delivery: error.delivery,
        code: error.gatewayCode,
        error_type: error.errorType,
        field: error.field,
        attempts: error.attempts,
        request_id: error.requestId,
      }
    }
  }

  compare(outcome, expect, place) {
    const { request_id_of: label, ...expected } = expect
    if (label) expected.request_id = this.ids[label]
    if (expected.field) expected.field = camel(expected.field)
    const compared = Object.fromEntries(Object.keys(expected).map((name) => [name, outcome[name]]))
    assert.deepEqual(compared, expected, place)
  }
}

function success(receipt) {
  return {
    outcome: 'done',
    card_status: receipt.cardStatus,
    amount: receipt.amount,
    currency: receipt.currency,
    attempts: receipt.attempts,
    expires: receipt.expiration !== undefined,
    request_id: receipt.requestId,
  }
}

function select(inventory, { currency, marketplace, denomination = null, index, digits, checksum }) {
  const fits = (card) =>
    card.denomination === denomination &&
    (currency === undefined || card.currency === currency) &&
    (marketplace === undefined || card.marketplace === marketplace)
  const card = inventory.filter(fits)[index]
  return digits === 16 ? card.cardNumber : card.cardNumber + (checksum ?? card.checksum)
}

/** A source as the vectors write it down. */
export function source({ source_id, institution_id, details, details_json, max_characters, shape, upc }) {
  const described = details && { ...rename(details), maxCharacters: max_characters ?? undefined }
  return { sourceId: source_id, institutionId: institution_id, details: details_json ?? described, shape, upc }
}

const rename = ({ UPC, ...details }) => (UPC === undefined ? details : { ...details, upc: UPC })
