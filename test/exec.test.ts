// Tests of one room run in one process, as starting tap takes longer than most of them.
import './exec/child.test.ts'
import './exec/environment.test.ts'
import './exec/interception.test.ts'
import './exec/proxies.test.ts'
import './exec/report-options.test.ts'
import './exec/report.test.ts'
import './exec/sweep-runs.test.ts'
import './exec/sweep.test.ts'
