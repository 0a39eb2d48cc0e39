// The one operation every contender performs, as in bench/src/fixture.rs, and the signers of the peers.

const crypto = require('node:crypto')

const PARTNER = 'Awssb'
const REGION = 'us-east-1'
const SERVICE = 'AGCODService'
const PATH = '/ActivateGiftCard'
const HEADERS = {
  accept: 'application/json',
  'content-type': 'application/json',
  'x-amz-target': 'com.amazonaws.agcod.AGCODService.ActivateGiftCard',
}
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

/** What this process has to do; bench/src/task.rs says what each member means. */
function readTask() {
  const base = process.env.BENCH_URL
  return {
    client: process.env.BENCH_CLIENT,
    base,
    url: base + PATH,
    host: base.split('://')[1],
    https: base.startsWith('https:'),
    ca: process.env.BENCH_CA,
    folder: process.env.BENCH_FOLDER,
    inFlight: Number(process.env.BENCH_IN_FLIGHT),
    warmUp: Number(process.env.BENCH_WARM_UP),
    seconds: Number(process.env.BENCH_SECONDS),
  }
}

const requestId = (i) => PARTNER + String(i).padStart(30, '0')
const card = (i) => String(1_700_000_000_000_000 + i).padStart(16, '0')

function body(i) {
  return JSON.stringify({
    activationRequestId: requestId(i),
    partnerId: PARTNER,
    cardNumber: card(i),
    value: { currencyCode: 'USD', amount: 25 },
  })
}

/** Compares what a careful caller compares. */
function check(i, status, text) {
  if (status !== 200) throw new Error(`status ${status}: ${text}`)
  const answer = JSON.parse(text)
  const { cardNumber, cardStatus } = answer.cardInfo
  const done = answer.status === 'SUCCESS' && cardStatus === 'Activated'
  if (!done || answer.activationRequestId !== requestId(i) || cardNumber !== card(i)) {
    throw new Error(`operation ${i} was not confirmed`)
  }
}

/** aws4: returns the signed headers of a body. */
function aws4Signer(host) {
  const aws4 = require('aws4')
  return (body) => {
    const request = {
      host,
      path: PATH,
      method: 'POST',
      service: SERVICE,
      region: REGION,
      headers: { ...HEADERS },
      body,
    }
    return aws4.sign(request, credentials).headers
  }
}

/** The AWS SDK's own signer; a promise of the signed headers. */
function smithySigner(host) {
  const { SignatureV4 } = require('@smithy/signature-v4')
  const { HttpRequest } = require('@smithy/protocol-http')
  class Sha256 {
    constructor(secret) {
      this.hash = secret === undefined ? crypto.createHash('sha256') : crypto.createHmac('sha256', secret)
    }
    update(data, encoding) {
      this.hash.update(typeof data === 'string' ? Buffer.from(data, encoding) : data)
    }
    async digest() {
      return this.hash.digest()
    }
  }
  const signer = new SignatureV4({
    credentials,
    region: REGION,
    service: SERVICE,
    sha256: Sha256,
    applyChecksum: false,
  })
  const [hostname, port] = host.split(':')
  return async (body) => {
    const headers = { ...HEADERS, host }
    const request = new HttpRequest({ method: 'POST', hostname, port: Number(port), path: PATH, headers, body })
    return (await signer.sign(request)).headers
  }
}

/** The least that signing costs here: node:crypto for exactly this request, with the day's key kept. */
function floorSigner(host) {
  const mac = (key, data) => crypto.createHmac('sha256', key).update(data).digest()
  const names = 'accept;content-type;host;x-amz-date;x-amz-target'
  const head = `POST\n${PATH}\n\naccept:application/json\ncontent-type:application/json\nhost:${host}\nx-amz-date:`
  const tail = `\nx-amz-target:${HEADERS['x-amz-target']}\n\n${names}\n`
  let [second, day, date, scope, key] = [0, '', '', '', undefined]
  const tick = (now) => {
    second = now
    date = new Date(now * 1000).toISOString().replace(/[-:]|\.000/g, '')
    if (date.slice(0, 8) === day) return
    day = date.slice(0, 8)
    scope = `${day}/${REGION}/${SERVICE}/aws4_request`
    key = [day, REGION, SERVICE, 'aws4_request'].reduce(mac, `AWS4${credentials.secretAccessKey}`)
  }
  return (body) => {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) tick(now)
    const canonical = crypto.hash('sha256', head + date + tail + crypto.hash('sha256', body))
    const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${canonical}`
    const signature = crypto.createHmac('sha256', key).update(toSign).digest('hex')
    const credential = `Credential=${credentials.accessKeyId}/${scope}`
    return {
      ...HEADERS,
      host,
      'x-amz-date': date,
      authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
    }
  }
}

module.exports = {
  PARTNER,
  PATH,
  REGION,
  aws4Signer,
  body,
  card,
  check,
  credentials,
  floorSigner,
  readTask,
  smithySigner,
}
