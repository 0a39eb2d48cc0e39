export type * from './testing.js'
export { Sandbox } from './testing.js'
