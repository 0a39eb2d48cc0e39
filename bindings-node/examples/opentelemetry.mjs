// Hands posa's events to OpenTelemetry: one span for each operation, with its requests as events.
//
//     npm install posa @opentelemetry/api @opentelemetry/sdk-trace-base
//     node opentelemetry.mjs
import { SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Client } from 'posa'
import { Sandbox } from 'posa/testing'

/** An `onEvent` that makes spans. */
export function spans(tracer) {
  const open = new Map()
  return ({ type, operation, requestId, card, attempt, ...more }) => {
    const key = `${operation} ${requestId}`
    let span = open.get(key)
    if (span === undefined) {
      span = tracer.startSpan(operation, { attributes: { 'posa.request_id': requestId, 'posa.card': card } })
      open.set(key, span)
    }
    if (type !== 'settled') {
      span.addEvent(type, { attempt, ...more })
      return
    }
    span.setAttribute('posa.outcome', more.outcome)
    span.setStatus({ code: more.outcome === 'done' ? SpanStatusCode.OK : SpanStatusCode.ERROR })
    span.end()
    open.delete(key)
  }
}

const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] })
const sandbox = await Sandbox.start()
const onEvent = spans(provider.getTracer('posa'))
const client = new Client({ ...sandbox.settings, journal: 'memory', onEvent })

// A sale whose first answer is lost.
sandbox.inject({ fault: 'drop_after_commit' })
const [{ digits: cardNumber }] = sandbox.cards({ currency: 'USD' })
await client.activate({ cardNumber, amount: '25.00', currency: 'USD' })

await client.close()
await sandbox.stop()
await provider.shutdown()
