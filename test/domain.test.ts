// Tests of several rooms run in one process, as starting tap takes longer than most of them.
import './base/clock.test.ts'
import './base/values.test.ts'
import './domain/lifecycle.test.ts'
import './wire/filter-values.test.ts'
import './wire/filters.test.ts'
import './wire/json-reader.test.ts'
import './wire/parsed.test.ts'
import './wire/protojson.test.ts'
