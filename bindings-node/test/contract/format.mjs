// The format of tests/contract/README.md: members that it does not name are refused.
import assert from 'node:assert/strict'

const call = [
  'do',
  'client',
  'as',
  'card',
  'card_number',
  'amount',
  'currency',
  'request_id',
  'request_id_of',
  'source',
  'program_id',
  'product_type',
  'external_reference',
  'expect',
]
const client = [
  'journal',
  'format',
  'marketplace',
  'environment',
  'endpoint',
  'region',
  'tls',
  'partner_id',
  'access_key_id',
  'secret_access_key',
  'attempts',
  'attempt_timeout_ms',
  'deadline_ms',
]
const expectation = [
  'outcome',
  'kind',
  'delivery',
  'code',
  'error_type',
  'field',
  'card_status',
  'amount',
  'currency',
  'attempts',
  'expires',
  'request_id',
  'request_id_of',
]
const steps = {
  activate: call,
  deactivate: call,
  status: call,
  connect: ['do', 'expect', ...client],
  fault: ['do', 'fault', 'times', 'operation', 'card_number', 'request_id', 'delay_ms', 'error_type', 'seconds'],
  release: ['do'],
  clock: ['do', 'frozen', 'advance_seconds'],
  condition: ['do', 'card', 'condition'],
  funds: ['do', 'currency', 'available'],
}

function only(place, value, known) {
  for (const name of Object.keys(value)) assert.ok(known.includes(name), `${place} has an unknown member ${name}`)
}

export function check(scenario) {
  const place = JSON.stringify(scenario.name)
  only(place, scenario, ['name', 'invariants', 'sandbox', 'cards', 'clients', 'steps', 'after'])
  assert.ok(scenario.invariants.length > 0 && scenario.invariants.every((id) => /^I([1-9]|[123]\d)$/.test(id)), place)
  only(place, scenario.sandbox ?? {}, ['throttle', 'f1000', 'strict_card_numbers', 'server_error_status'])
  for (const card of Object.values(scenario.cards)) {
    only(place, card, ['currency', 'marketplace', 'denomination', 'index', 'digits', 'checksum'])
  }
  for (const settings of Object.values(scenario.clients ?? {})) only(place, settings, client)
  for (const step of scenario.steps) {
    assert.ok(step.do in steps, `${place} has an unknown step ${step.do}`)
    only(place, step, steps[step.do])
    if (step.expect) only(place, step.expect, expectation)
  }
  only(place, scenario.after, ['cards', 'charges', 'refunds', 'available', 'requests', 'request_ids', 'journal'])
}
