import { kind, text } from './values.js'

/** An access key from the Incentives portal. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/**
 * Where the access key comes from: the key itself; `'environment'`, the variables `POSA_ACCESS_KEY_ID` and
 * `POSA_SECRET_ACCESS_KEY`; a file of `name = value` lines; or a function, which is called before the first request
 * and again after the gateway refused the key.
 */
export type CredentialsSource =
  | Credentials
  | 'environment'
  | { readonly file: string }
  | (() => Credentials | Promise<Credentials>)

/** Key and secret. */
export function pair(value: unknown): [accessKeyId: string, secretAccessKey: string] {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(
      `credentials is ${kind(value)}; pass an object with accessKeyId and secretAccessKey, ` +
        '"environment", an object with file, or a function',
    )
  }
  const { accessKeyId, secretAccessKey } = value as Record<string, unknown>
  return [text('accessKeyId', accessKeyId), text('secretAccessKey', secretAccessKey)]
}
