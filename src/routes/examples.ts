/** A job that the second example of Create makes, so that the examples of other operations have one to name. */
const jobId = '7b8c0f5e-3f2a-4c1d-9a64-2f1b6f0d8c11'

const dataSource = {
  dataSourceDescriptor: 'url',
  params: {
    '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource',
    url: 'https://example.com/input.txt',
  },
}

/** A gzipped tar of `manifest.json`, which names the app `hello` 1.0, and `app/main.py`, which prints `hello`. */
const helloApp =
  'H4sIAAAAAAACA+3TsQrCMBDG8cw+hWRSkJpoacG3yRCx0qahjUIR390oHUoXF1uo/H/LJbccx/FVxhVn24bk2tZOTENFWZp+ajSuSuWD97uvda6OYq3EDG5tME0c/4slh8stxEM6U1l5khdblrXcybtt2qJ2saMTFf/WhabzdeFCbFWmcInv5HMl8BeM9/v+qpPN+Jp/nY/zf8g0+Z+Db2KyN336t8QaAAAAAAAAAAAAAABgaV5F5IyAACgAAA=='

/**
 * Bodies of the vendor's operations, by operation, each with its name. In the order of the document, every one of them is
 * answered with 200 as it stands, in a world that is new. Operations that name what only one world has, or what the emulator
 * does not keep, have none. The operations of the emulator's own API have theirs in their schemas.
 */
export const exampleBodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Customer_CreateJob: {
    'a new job': {
      templateId: 'hello-world-template',
      name: 'Hello',
      dataSource,
      params: { app: { message: 'Hello' } },
    },
    'a job with an id of your own': { jobId, templateId: 'emulator-succeeds', name: 'Named by its client' },
  },
  Customer_SetDataSource: { 'a file that is fetched': { dataSource } },
  Customer_SetParams: { 'parameters of the app': { app: { message: 'Hello' } } },
  Customer_SetJobName: { 'a name': 'A better name' },
  Customer_SetJobPreferences: { limits: { taskTimeout: 60, jobTimeout: 600 } },
  Customer_RunJob: { 'with limits': { config: { taskTimeout: 60, jobTimeout: 600 } } },
  Customer_FilterJobs: {
    'by state': {
      filters: [{ field: 'state', condition: 'FILTER_CONDITION_EQ', value: 'JOB_STATE_COMPLETE' }],
      pagination: { limit: 20 },
    },
  },
  Customer_GetRunningTasks: { 'of one job': { jobsIds: [jobId] } },
  Customer_GetLogs: { 'of one job': { jobId } },
  Customer_DataSourceInfo: { 'a file that is fetched': { dataSource } },
  Auth_RequestAccessToken: { 'the key of the default world': { apiKey: 'test_default' } },
  Auth_SignOut: { 'the token of the header': {} },
  Auth_SetUserInfo: { 'a name': { firstName: 'Ada', lastName: 'Lovelace' } },
  Auth_SaveSecret: {
    'a key of S3': { secret: { secretType: 's3', accessKey: 'AKIAEXAMPLE', name: 'my bucket' }, secretKey: 'example' },
  },
  Auth_Signin: { 'by mail': { email: 'ada@example.com' } },
  Auth_Authenticate: { 'the code of the mail': { email: 'ada@example.com', code: '123456' } },
  Auth_CreateApiKey: { 'the code of the mail': { name: 'my key', code: '123456' } },
  Developer_UploadApp: { 'the app hello 1.0': { data: helloApp } },
  Developer_CreateTemplate: {
    'a template of three blocks': {
      id: 'my-template',
      app: 'hello',
      partitioner: 'passthrough-partitioner',
      assembler: 'passthrough-assembler',
    },
  },
  Developer_TestApp: { 'any app': { id: 'hello' } },
  Wallet_FilterTransactions: {
    'coupons only': {
      filters: [{ field: 'transactionType', condition: 'FILTER_CONDITION_EQ', value: 'coupon' }],
    },
  },
  Wallet_RedeemCoupon: { '500 ByteChips': { couponCode: 'FREE-500' } },
  Wallet_CreateTopUpRequest: { 'ten dollars': { currency: 'USD', currencyAmount: '10' } },
  Wallet_RequirePayout: { 'ten dollars': { currency: 'USD', currencyAmount: '10' } },
}

/** Values of parameters of paths, by name; they fit the bodies. */
export const exampleParameters: Readonly<Record<string, string>> = {
  jobId,
  jobTemplateId: 'hello-world-template',
  appTag: 'hello@1.0',
  secretType: 's3',
}
