// A client that signs by hand, so that every part of it can be made wrong.
import { createHash, createHmac } from 'node:crypto'
import http from 'node:http'

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
const hash = (text) => createHash('sha256').update(text).digest('hex')
const mac = (key, text) => createHmac('sha256', key).update(text).digest()

export function activation(id, cardNumber = '1400000005567590') {
  const value = { currencyCode: 'USD', amount: 25 }
  const body = JSON.stringify({ activationRequestId: id, partnerId: 'Awssb', cardNumber, value })
  return { path: '/ActivateGiftCard', body }
}

export function statusCheck(id, cardNumber = '1400000005567590') {
  const body = JSON.stringify({ statusCheckRequestId: id, partnerId: 'Awssb', cardNumber })
  return { path: '/ActivationStatusCheck', body }
}

/**
 * Sends a request; the HTTP status, or null. `signed` replaces headers, and the `body`, in what is signed and not in
 * what is sent.
 */
export function send(ready, { path, body }, { headers = {}, signed = {}, secret = ready.secret_access_key } = {}) {
  const { host, hostname, port } = new URL(ready.url)
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const sent = { accept: 'application/json', 'content-type': 'application/json', host, 'x-amz-date': date, ...headers }
  const names = Object.keys(sent).sort()
  const lines = names.map((name) => `${name}:${signed[name] ?? sent[name]}`)
  const canonical = ['POST', path, '', ...lines, '', names.join(';'), hash(signed.body ?? body)].join('\n')
  const scope = [date.slice(0, 8), ready.region, 'AGCODService', 'aws4_request']
  const key = scope.reduce(mac, `AWS4${secret}`)
  const signature = mac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), hash(canonical)].join('\n')).toString('hex')
  const credential = `Credential=${ready.access_key_id}/${scope.join('/')}`
  sent.authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  sent['content-length'] = Buffer.byteLength(body)
  return new Promise((done) => {
    const request = http.request({ hostname, port, path, method: 'POST', headers: sent, agent }, (answer) => {
      answer.resume().on('end', () => done(answer.statusCode)).on('error', () => done(null))
    })
    request.on('error', () => done(null)).end(body)
  })
}
