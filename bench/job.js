/** The create that everybody is asked for: every optional part is there, no id, so that each request makes a job. */
export const job = JSON.stringify({
  templateId: 'hello-world-template',
  name: 'a job of the benchmark',
  description: 'made to be measured',
  dataSource: {
    dataSourceDescriptor: 'url',
    params: {
      '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource',
      url: 'https://example.com/input.txt',
    },
  },
  dataDestination: { dataSourceDescriptor: 'bucket' },
  params: { partitioner: {}, assembler: {}, app: { message: 'hello', case: 'upper', repeat: 3 } },
  config: { taskTimeout: 3600, jobTimeout: 7200, isTestJob: true },
})

export const createPath = '/v1/customer/jobs'

/**
 * @param {number} port
 * @param {string} authorization
 * @param {string} path
 * @returns {string} the create as it goes over the socket
 */
export const createRequest = (port, authorization, path = createPath) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(job)}\r\n\r\n${job}`
