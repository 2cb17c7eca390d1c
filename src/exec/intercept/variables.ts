/** Variables that name a file in place of what the client would trust: OpenSSL with Go, Ruby and httpx; requests; curl. */
export const bundleVariables = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'] as const

/** Variables that name a file besides what the client trusts: Node.js with Bun; Deno. */
export const additionVariables = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT'] as const

const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const

/** The variables that redirect a program to the emulator. */
export const leadingVariables: readonly string[] = [
  ...proxyVariables,
  ...proxyVariables.map((name) => name.toLowerCase()),
  ...bundleVariables,
  ...additionVariables,
  'PHP_INI_SCAN_DIR',
  'WGETRC',
  'NODE_OPTIONS',
  'PYTHONPATH',
  'JAVA_TOOL_OPTIONS',
]
