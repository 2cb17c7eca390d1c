import { chosen, documented, inferred, observed } from '../base/row.ts'

/** The ground of successful answers. */
export const successRows = {
  // Jobs
  'create-job': documented(
    "The vendor's Create page of May 2025 gives the fields, their order and the rule that a jobId of a job not yet started updates it; saved notebook outputs show that the state is NEW.",
  ),
  'get-job': documented(
    "The vendor's Read page and the SDK of June 2025 give the fields; saved notebook outputs of 2023 show the same shape.",
  ),
  'list-jobs': documented(
    "The vendor's Read page and the SDK of June 2025 give the query and the envelope of a page; a public client reads `data` of it.",
  ),
  'filter-jobs': documented(
    'The SDK of June 2025 gives request and envelope; the fields of filters are not documented.',
  ),
  'set-data-source': documented(
    "The vendor's Update page and the SDK of June 2025; the guide to file uploads and a public client take `tempUrl` from this reply.",
  ),
  'set-data-source-guide': documented(
    "Captions in the vendor's guide to file uploads print this path, which the reference does not list; the reply is that of `PATCH`.",
  ),
  'set-data-source-2023': observed(
    'Public notebooks of 2023 call this path with the body of today; their saved outputs show the reply.',
  ),
  'set-params': documented(
    "The vendor's Update page and the SDK of June 2025: the body is the parameters themselves, not wrapped.",
  ),
  'set-params-2023': observed(
    'Public notebooks of 2023 call this path; `data` of that time is an unknown field today, and kept with `--era 2023`.',
  ),
  'set-job-name': documented("The vendor's Update page and the SDK of June 2025: the body is a bare JSON string."),
  'set-config': documented(
    "The vendor's Update page of spring 2025 and the SDK of June 2025; later the page left it out.",
  ),
  'get-results': documented(
    'The SDK of June 2025 gives `name` and `link`; notebook outputs of 2023 show both, with signed links and names that may hold folders.',
  ),
  'run-job': observed(
    'Three saved notebook outputs show this very reply; the reference gives path and body, and public clients send no body, `{}` or a config.',
  ),
  'run-job-2023': observed(
    'Public notebooks of 2023 and a published integration call this path; saved outputs show the reply.',
  ),
  'abort-job': documented(
    "The vendor's Manage page: a running job is stopped, one that was not started is deleted; the reply is that of the SDK of June 2025.",
  ),
  'delete-job': documented("The vendor's Manage page and the SDK of June 2025."),
  'upload-completed': documented(
    "The vendor's Manage page and the SDK of June 2025; a public client calls it without a body.",
  ),
  'upload-completed-2023': observed(
    "Public notebooks of 2023 and a public client of June 2025 call this path; the vendor's guide still printed it in October 2025.",
  ),
  'running-tasks': documented(
    "The vendor's pages and the SDK of June 2025 give request and reply; a number for each job.",
  ),
  'estimate-2023': observed(
    'Public notebooks of 2023 call this path; their saved outputs show one amount as a decimal string.',
  ),
  'read-logs': documented(
    "The vendor's Logs page and the SDK of June 2025 give the three keys and the shape of a line; a public client depends on them being there.",
  ),
  'listen-events': chosen(
    'The SDK of June 2025 gives the path and the envelope, grpc-gateway the framing; the name `job.state` and what it holds are chosen. A refusal comes as a plain error, as by what checks tokens in front of a gateway; a service behind one that refuses a stream itself is shown as `{"error": …}` with the same status (measured).',
  ),
  'test-data-source': chosen(
    "The SDK of June 2025 gives path and shape, the vendor's guide a second path; what is found is made up from the request, as nothing outside the emulator is asked.",
  ),

  // Templates
  'list-templates': documented(
    "The vendor's Templates page and the SDK of June 2025; a published integration reads `data[].id`.",
  ),
  'list-presets': chosen(
    'The SDK of June 2025 gives the path; presets were deprecated in August 2025, and none were found, so the list is empty.',
  ),
  'save-template': documented('The developer API pages and the SDK of June 2025.'),
  'push-app': documented(
    'The reference gives path, body and the bare App; that a new version is inactive, that a pushed one keeps its status and counts its revision, and that a template.json is saved with it, is chosen after the guides.',
  ),
  'push-engine': documented(
    'The reference puts all of the message into the query; that a form brings it, too, follows from the generated handler; a JSON body is accepted, too.',
  ),
  'list-apps': documented(
    'The reference gives names and fields, and in late 2025 `pagination` behind the list; the newest first is chosen. The blocks of built-in templates are not listed (chosen).',
  ),
  'list-engines': documented(
    'The reference gives names and fields, and in late 2025 `pagination` behind the list; the newest first is chosen. The blocks of built-in templates are not listed (chosen).',
  ),
  'get-app': documented('The reference wraps the App; tags and their rule for short ones are those of the glossary.'),
  'get-engine': documented('The reference answers with the bare Engine, unlike for apps.'),
  'block-status': chosen(
    'The reference has no field for the status: `message`, of an engine `engineStatus`, seem meant.',
  ),
  'block-download': chosen(
    'The reference has no field for the link: `message`, of an engine `engineLink`, seem meant. It leads to the bytes that were pushed.',
  ),
  'activate-block': documented('The reference gives the paths; which fields of an EngineMessage are set is chosen.'),
  'get-block': chosen('The link of a download leads to the bytes that were pushed, as `hash` is of those.'),
  'sign-in': chosen(
    'The shapes are those of the SDK of June 2025; that no mail is sent and the code is always 123456 is chosen.',
  ),
  'make-api-key': chosen('The shape is that of the SDK of June 2025; the key is that of the world.'),
  'empty-shape': chosen(
    'The shape is that of the SDK of June 2025, or an empty object if the reference gives none; it is always empty.',
  ),
  'transactions-csv': chosen('The reference gives a CSV inside of JSON; its columns are those of the console.'),
  'billing-account': chosen('The shape is that of the SDK of June 2025; the values are chosen.'),
  'list-dev-templates': documented(
    'The developer API pages and the SDK of June 2025; the fields beyond those are of the pages of October 2025.',
  ),
  'get-dev-template': documented(
    'The developer API pages and the SDK of June 2025; the fields beyond those are of the pages of October 2025.',
  ),

  // Access, keys, users, secrets
  'exchange-key': documented(
    'The authentication pages and the SDK of June 2025: `expiresIn` is a string of seconds. The claims are those of a token saved in a notebook of 2023.',
  ),
  'sign-out': documented('The SDK of June 2025.'),
  'skip-sign-in': chosen(
    'The SDK of June 2025 gives path and shape; that no sign-in can be skipped is chosen, as the emulator has none.',
  ),
  'list-api-keys': documented("The SDK of June 2025 and the vendor's console give path and shape."),
  'revoke-api-key': documented('The SDK of June 2025.'),
  'get-user': observed(
    'Saved notebook outputs of 2023 show the user; fields and order are those of the SDK of June 2025.',
  ),
  'change-user': chosen('The SDK of June 2025 gives the request; that the reply is the user is chosen.'),
  'change-user-by-post': observed("The vendor's console of September 2025 sends POST."),
  'list-secrets': documented('The authentication pages and the SDK of June 2025: a secret key never comes back.'),
  'save-secret': documented(
    'The authentication pages and the SDK of June 2025; that the same type and id write over what was there is chosen.',
  ),
  'delete-secret': documented('The SDK of June 2025.'),

  // Wallet
  'get-balance': documented('The wallet API pages and the SDK of June 2025.'),
  'list-transactions': documented('The wallet API pages and the SDK of June 2025.'),
  'filter-transactions': documented('The SDK of June 2025; the fields of filters are not documented.'),
  'exchange-rate': documented(
    "The SDK of June 2025 gives the shape; the vendor's pages of 2025 show 0.03311 USD for one ByteChip.",
  ),
  'redeem-coupon': chosen('The SDK of June 2025 gives path and shape; which coupons there are is chosen.'),
  'wallet-2023': observed(
    "The read-me of the vendor's notebooks of 2023 has the wallet under this path; the answers are those of 2025, or with `--era 2023` those of the read-me.",
  ),

  // Storage
  'put-upload': documented(
    "The vendor's guide to file uploads: the bytes are put to `tempUrl` without a token, and any 2xx means success; public clients do so.",
  ),
  'get-result': observed(
    'A saved link of 2023 leads to a signed URL of Google Cloud Storage, which clients read without a token.',
  ),
  'result-range': inferred('Google Cloud Storage, where the links led to, answers ranges as HTTP defines them.'),
  'result-unchanged': inferred(
    'Google Cloud Storage, where the links led to, answers `If-None-Match` and `If-Modified-Since` as HTTP defines them.',
  ),

  // Everything else
  'control-api': chosen("The emulator's own API, which the service did not have."),
  'server-version': chosen(
    'The SDK of June 2025 gives the shape; no version number was saved, so it is that of the emulator.',
  ),
  'docs-pages': documented(
    "The vendor's pages name the page and the document under each base, as in `/v1/customer/docs/` and `/v1/customer/docs/swagger.json`.",
  ),
} as const
