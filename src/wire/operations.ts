import { invalidArgument, show } from '../base/errors.ts'
import { didYouMean } from '../base/nearest.ts'

/**
 * An operation as the vendor's reference writes it: method and path with `{parameters}`. The newer base `/v1/computing` is
 * another name for `/v1/customer`, so its operations are the same.
 *
 * @param url the path of a route, with `:parameters`
 */
export function operationName(method: string, url: string): string {
  let path = paths.get(url)
  if (path === undefined) paths.set(url, (path = pathName(url)))
  return `${method} ${path}`
}

const pathName = (url: string): string => url.replace(/^\/v1\/computing\//, '/v1/customer/').replace(/:(\w+)/g, '{$1}')

/** Paths of operations by those of their routes, of which there are few. */
const paths = new Map<string, string>()

/** Tells if the operation is one of storage, which signed links lead to: it carries files instead of JSON. */
export const isStorageOperation = (operation: string): boolean => / \/bytenite-/.test(operation)

/**
 * The canonical name of an operation that a user named: the newer base and parameters such as `:name` are other spellings.
 *
 * @param known the operations there are, in the way of `operationName`
 * @throws ApiError 400 that names the nearest known one
 */
export function knownOperation(operation: string, known: readonly string[]): string {
  const [method = '', path = ''] = operation.trim().split(/\s+/, 2)
  const name = `${method.toUpperCase()} ${pathName(path)}`
  if (known.includes(name)) return name
  throw invalidArgument(
    `operation ${show(operation)} does not exist${didYouMean(name, known)}; ` + `known are ${known.join(', ')}`,
  )
}
