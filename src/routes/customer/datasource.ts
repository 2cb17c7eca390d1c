import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DataSourceInfo, DataSourceInfoRequest } from '../../../schemas/datasource.ts'
import { sourceInfo } from '../../domain/jobs/data-source-info.ts'

/** Trying out data sources before a job uses them. */
export const dataSourceRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const schema = {
    operationId: 'Customer_DataSourceInfo',
    summary: 'Test a data source, without reading it',
    tags: ['data sources'],
    body: DataSourceInfoRequest,
    response: { 200: DataSourceInfo },
  }
  // The caption of the vendor's data-sources guide gives the second path to the same body.
  for (const [path, hide] of [
    ['/datasource/test', false],
    ['/jobs/datasource/info', true],
  ] as const) {
    app.post(path, { config: { access: 'read' }, schema: { ...schema, hide } }, async ({ body }) =>
      sourceInfo(body.dataSource, body.listFiles ?? false),
    )
  }
}
