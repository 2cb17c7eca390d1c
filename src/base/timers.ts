import * as timers from 'node:timers'

/**
 * The timers of Node.js as they were when this module was loaded. The fake timers of `node:test` replace those of `node:timers`, too,
 * which would stop the emulator of a test.
 */
export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers
