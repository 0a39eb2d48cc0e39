import type { DetailsInput, SourceInput } from './generated.js'
import { members, optionalText, text, whole } from './values.js'

/** Where a sale happens. With `details` it is the long form; without, the short form. */
export interface TransactionSource {
  /** Names the store; 1 to 20 characters. */
  readonly sourceId: string
  /** Names its parent company; the store again, if it has none. */
  readonly institutionId: string
  /** The location, or its finished JSON text; at most 200 characters in all. */
  readonly details?: SourceDetails | string | undefined
  /** The product's UPC, in the short form. */
  readonly upc?: string | undefined
  /** How the short form is written: one member `id` (the default), or two members. */
  readonly shape?: 'id' | 'members' | undefined
}

/** A location. */
export interface SourceDetails {
  readonly institutionName: string
  readonly institutionParentCompany?: string | undefined
  readonly address1?: string | undefined
  readonly address2?: string | undefined
  readonly city?: string | undefined
  readonly state?: string | undefined
  readonly zip?: string | undefined
  readonly phoneNumber?: string | undefined
  readonly upc?: string | undefined
  /** Takes more than 200 characters: the specification's own sample is longer than its limit. */
  readonly maxCharacters?: number | undefined
}

const sourceMembers = new Set(['sourceId', 'institutionId', 'details', 'upc', 'shape'])

const detailTexts = [
  'institutionName',
  'institutionParentCompany',
  'address1',
  'address2',
  'city',
  'state',
  'zip',
  'phoneNumber',
  'upc',
] as const

const detailMembers = new Set<string>([...detailTexts, 'maxCharacters'])

/** A source as the native side takes it. */
export function sourceInput(value: unknown): SourceInput {
  const source = members('source', value, sourceMembers)
  const input: SourceInput = {
    sourceId: text('source.sourceId', source['sourceId']),
    institutionId: text('source.institutionId', source['institutionId']),
  }
  const { details, shape } = source
  if (typeof details === 'string') input.detailsJson = details
  else if (details !== undefined && details !== null) input.details = detailsInput(details)
  const upc = optionalText('source.upc', source['upc'])
  if (upc !== undefined) input.upc = upc
  if (shape !== undefined && shape !== null && shape !== 'id' && shape !== 'members') {
    throw new TypeError('source.shape is neither "id" nor "members"')
  }
  input.twoMembers = shape === 'members'
  return input
}

function detailsInput(value: unknown): DetailsInput {
  const details = members('source.details', value, detailMembers)
  const input: DetailsInput = {
    institutionName: text('source.details.institutionName', details['institutionName'] ?? ''),
  }
  for (const name of detailTexts) {
    const given = optionalText(`source.details.${name}`, details[name])
    if (given !== undefined) input[name] = given
  }
  const max = whole('source.details.maxCharacters', details['maxCharacters'])
  if (max !== undefined) input.maxCharacters = max
  return input
}
