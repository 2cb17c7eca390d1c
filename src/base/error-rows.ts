import { chosen, documented, inferred, measured, observed } from './row.ts'

/** The ground of errors. */
export const errorRows = {
  // Of many operations
  'malformed-request': documented(
    'The vendor lists 400 for malformed requests on every operation; code and texts follow the sources of grpc-gateway and protobuf-go.',
  ),
  'bad-json': measured(
    '400 with code 3 and the texts of Go, with the place of the first fault. Only the first JSON value of a body is read; nesting is followed to 1,000 levels, where the gateway follows it to some thousand.',
  ),
  'bad-query': measured(
    '400 with code 3 and the text of the gateway for a value that it cannot read, for several values of one field, names in brackets, broken escapes and semicolons.',
  ),
  'broken-escape': inferred(
    "Go's own HTTP server refuses a broken escape in the path; that it is done with the usual error body is chosen.",
  ),
  'required-field': documented(
    "The vendor's reference marks the field as required; status and text are those of any malformed request.",
  ),
  'strict-mode': chosen('The service ignored what this refuses; the setting `--strict` shows clients their mistakes.'),
  'not-authenticated': documented(
    'The vendor lists 401 on every operation; code 16 and `WWW-Authenticate` are those of grpc-gateway, the texts are chosen.',
  ),
  'wrong-api-key': chosen(
    '401 is listed without its causes; a wrong or revoked API key is the most natural one. Which keys are valid is chosen.',
  ),
  'no-permission': documented(
    'The vendor lists 403 on every operation; which keys meet it is chosen: those of personas that may not do it.',
  ),
  'foreign-page': chosen(
    '403 for requests of web pages of strangers, and for host names that strangers can own: an emulator runs on the machine of a developer, whose browser opens such pages.',
  ),
  'another-account': chosen(
    '403 is listed without its causes; 404 would also be possible for resources of another account.',
  ),
  'private-key-needed': chosen(
    'With `--run-apps process,pushed` what is pushed is run on this machine, so only keys of `--api-key` may push, activate and deactivate blocks.',
  ),
  'too-many-requests': chosen(
    'No rate limit was found anywhere; 429 with code 8 is what grpc-gateway makes of RESOURCE_EXHAUSTED.',
  ),
  'temporarily-unavailable': documented(
    'The vendor lists 503 on every operation; code 14 is that of grpc-gateway, `Retry-After` is chosen.',
  ),
  'server-error': documented(
    'The vendor lists 500 on every operation; here it means that the emulator could not store or read its data, or failed unforeseen; code 13 is chosen.',
  ),
  'body-too-large': measured(
    '4 MiB is the limit of a gRPC message if nothing else is set; 429 with code 8 and the text of gRPC, after the whole body was read. The gateway counts bytes of the message, the emulator those of its JSON, and reads no more than 64 MiB.',
  ),
  'grpc-headers': measured(
    'Headers `Grpc-Metadata-…` become metadata and are dropped; 400 for binary ones that are not in base64, 500 for one without a name.',
  ),
  'grpc-timeout': measured(
    '504 with code 4 for a time in `Grpc-Timeout` that has passed before the handler runs, 400 for an invalid one; a handler that has started is not interrupted.',
  ),
  'invalid-utf8': measured(
    '500 with code 13 for a text in path or query that is not UTF-8: the gateway fails to write it into a message, or into the text of an error.',
  ),
  'unknown-path': measured('404 with code 5 and the text `Not Found`.'),
  'wrong-method': measured(
    '501 with code 12 and the text `Method Not Allowed`, also for methods that HTTP does not know.',
  ),
  'broken-http': inferred(
    "Go's HTTP server answers 400 or 431 to anything but an HTTP request, and closes the connection; the body is chosen.",
  ),
  'absent-operation': chosen(
    'The vendor lists the operation, but the emulator does not have it; 501 says so, and what to do instead.',
  ),
  'listed-status': documented(
    'The vendor lists 400, 401, 403, 404, 500 and 503 on every operation. Here only a fault that a test adds causes this one.',
  ),
  fault: chosen('A fault that a test added changed this answer.'),

  // Of jobs
  'unknown-job': documented(
    'The vendor lists 404 for what does not exist; code and text are unknown. A deleted job counts as one that does not exist.',
  ),
  'unknown-template': chosen(
    '404 is listed without its causes; the rule is that of unknown jobs, and 500 with code 2 would be possible.',
  ),
  'job-id-form': chosen(
    'All ids that were seen are UUIDs. Others are accepted, because they make tests easier to read, except those that a path cannot contain.',
  ),
  'source-check': chosen(
    "The vendor's pages list the descriptors and their types; when and how others are refused is unknown.",
  ),
  'job-started': chosen(
    "The vendor's Create page: only a job that has not been started is updated; that all else is 400 with code 9 is chosen.",
  ),
  'job-id-taken': chosen('It is not known if the id of a deleted job can be used again; here it cannot.'),
  'runs-once': chosen(
    "The vendor's console offers to duplicate a job in order to run it again, so it runs once; the status is chosen.",
  ),
  'nothing-to-run': chosen(
    'The text of the state STARTED says that data sources are checked at the run; its status is unknown.',
  ),
  'block-missing': chosen(
    'With `--run-apps`, a template of yours whose app, partitioner or assembler is not there cannot be run. How the service refused it is unknown; the built-in templates are played instead.',
  ),
  'secret-missing': chosen(
    'A data source must name a secret that is there (documented); when and how a wrong one is refused is unknown.',
  ),
  'balance-too-low': chosen(
    'The text of the state STARTED says that the balance is checked at the run; its status is unknown.',
  ),
  'takes-no-file': chosen('It is not known what happens to a file that a job does not wait for.'),
  'ended-already': chosen(
    'It is not known what an abort of an ended job does; an error seems more useful than a silent success.',
  ),
  'still-running': chosen('It is not known if a running job can be deleted; here it must be aborted first.'),
  'results-before-completion': observed(
    'The history of a public client of August 2025 came to expect 500 and the words `job has not yet been completed`; code 2 is what a plain Go error becomes in grpc-gateway.',
  ),
  'too-many-ids': chosen('No limit is known; a thousand ids in one question seem enough.'),

  // Of lists
  'filter-rules': chosen(
    'Conditions are those of the SDK of June 2025; the fields, their values and the maximum number of filters are chosen.',
  ),
  'order-rules': chosen(
    'The developer API pages describe `orderBy` as the name of a field; which fields there are, and ` asc` and ` desc`, is chosen. What cannot be read is ignored and noted like an unknown field; `--strict` refuses it.',
  ),

  // Of everything else
  'block-form': chosen(
    'The vendor says that a push is checked, and not how; that others are refused with 400, and the texts, are chosen.',
  ),
  'block-not-active': chosen(
    'The guides activate a block so that it accepts jobs; how a job whose block is inactive or unknown is refused is unknown.',
  ),
  'unknown-block': chosen('404 is listed without its causes; the rule is that of unknown jobs.'),
  'sign-in-code': chosen('No mail is sent, so the code is always 123456; how a wrong one is refused is unknown.'),
  'nothing-behind': chosen(
    'The emulator answers the operation in the shape of the reference, but has no data for it: every id is unknown.',
  ),
  'template-form': chosen(
    'The glossary defines tags, and ids that were seen are of this form; that others are refused is chosen.',
  ),
  'secret-form': chosen(
    "The vendor's pages list the types of secrets; that others are refused, and the form of ids, is chosen.",
  ),
  'unknown-secret': chosen('404 is listed without its causes; the rule is that of unknown jobs.'),
  'unknown-api-key': chosen('404 is listed without its causes; the rule is that of unknown jobs.'),
  'unknown-coupon': chosen('404 is listed without its causes; the emulator has its own coupons.'),
  'coupon-used': chosen('It is not known what a second redemption of a coupon does.'),
  'unknown-currency': chosen("USD is the only currency on the vendor's pages; how others are refused is unknown."),
  'link-refused': inferred(
    'Google Cloud Storage refuses with 403 what was not signed for this use, or is too late; it answered in XML, the emulator answers in JSON.',
  ),
  'file-gone': inferred(
    "Google Cloud Storage answers 404 for a file that is not there; the vendor's pages say that the temporary bucket keeps it for 48 hours.",
  ),
  'part-of-a-file': chosen('Uploads in parts are refused: no client is known to send them.'),
  'result-condition': inferred(
    'Google Cloud Storage, where the links led to, answers `If-Match` and `If-Unmodified-Since` as HTTP defines them.',
  ),
  'range-beyond-end': inferred('Google Cloud Storage, where the links led to, answers ranges as HTTP defines them.'),
} as const

export type ErrorGround = keyof typeof errorRows
