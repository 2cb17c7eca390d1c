export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.mjs'],
  // Modules are taken as they are.
  transform: {},
}
