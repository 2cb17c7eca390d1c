/**
 * A token of a world.
 *
 * @param {number} port
 * @param {string} world
 */
export async function accessToken(port, world = 'default') {
  const answer = await post(port, '/v1/auth/access_token', JSON.stringify({ apiKey: `test_${world}` }), {})
  return /** @type {{ token: string }} */ (JSON.parse(answer)).token
}

/**
 * Sends JSON; anything but a 200 is an error.
 *
 * @param {number} port
 * @param {string} path
 * @param {string} body
 * @param {Record<string, string>} headers
 */
export async function post(port, path, body, headers) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`POST ${path}: ${response.status} ${text}`)
  return text
}
