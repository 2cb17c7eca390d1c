// Tests of one room run in one process, as starting tap takes longer than most of them.
import './fidelity/documents.test.ts'
import './fidelity/fidelity.test.ts'
