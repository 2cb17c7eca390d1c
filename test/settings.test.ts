// Tests of one room run in one process, as starting tap takes longer than most of them.
import './routes/settings.test.ts'
import './settings/log.test.ts'
import './settings/settings.test.ts'
