// Tests of one room run in one process, as starting tap takes longer than most of them.
import './control/bounds.test.ts'
import './control/faults.test.ts'
import './control/har.test.ts'
import './control/journal.test.ts'
import './control/scenarios.test.ts'
import './control/stream.test.ts'
