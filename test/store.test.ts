// Tests of one room run in one process, as starting tap takes longer than most of them.
import './store/deleted-jobs.test.ts'
import './store/driver.test.ts'
import './store/export.test.ts'
import './store/import.test.ts'
import './store/lost-database.test.ts'
import './store/read-cache.test.ts'
import './store/store.test.ts'
import './store/upgrade.test.ts'
