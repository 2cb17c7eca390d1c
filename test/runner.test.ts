import './runner/contract.test.ts'
import './runner/real-runs.test.ts'
import './runner/run-ends.test.ts'
