import { chosen, documented, inferred, measured, observed } from '../base/row.ts'

/** The ground of behaviours that are finer than a status. No answer names them. */
export const behaviourRows = {
  // The wire
  'field-names': observed(
    'Requests may write names in camelCase or snake_case; notebooks of 2023 send both. Answers are in camelCase.',
  ),
  'unknown-fields': measured('Fields that a message does not have are skipped unread; clients are seen to send some.'),
  'null-is-absent': measured(
    '`null` counts as absent for a field; as a whole body (except for the name of a job) or as an element of a list it is 400.',
  ),
  'duplicate-fields': measured(
    'A field that stands twice, also once in each spelling or once as `null`, is 400; twice an unknown one is not.',
  ),
  'unknown-enum-names': measured(
    'Names that an enum does not have are dropped, numbers are kept; a public client sends such a name. Before November 2023 they were 400.',
  ),
  'first-value': measured(
    'Only the first JSON value of a body is read; what follows it is ignored. The emulator notes it like an unknown field.',
  ),
  'numbers-in-strings': measured(
    'A string that begins with a number is that number up to the first character that can end one: `"3600 s"` is 3600, `"1,000"` is 1. The emulator notes it like an unknown field.',
  ),
  'bodies-not-read': measured(
    'Operations without a message in the body, such as DELETE, abort and uploadcompleted, do not read one, whatever its length; nor do answers 404 and 501 to an unknown path or method. Here a body of over 64 MiB is refused even so (chosen). That abort and uploadcompleted have none follows from the reference.',
  ),
  'struct-order': measured('Names in a Struct or a map come sorted by their text, and -0 stays -0.'),
  'timestamp-forms': measured(
    "What Go's `time.Parse` takes: also a comma before the fraction, an hour of one digit, offsets up to 24 hours; years 1 to 9999.",
  ),
  'forms-as-queries': measured(
    'A POST with exactly the type of a form to a path that takes GET and no POST is that GET with the fields as query; `X-HTTP-Method-Override` gives such a POST another method. Where a path takes more methods, the gateway decides at random.',
  ),
  'filter-plain': chosen(
    'The value of a filter may be plain JSON, without the Any around it; the gateway refuses that, and so does `--strict`.',
  ),
  'late-fields': chosen(
    '`maxTaskRetries` is read, though it came after the summer of 2025; a gateway of that time skipped it.',
  ),
  'content-length': chosen(
    'Every answer has a Content-Length; the gateway sends answers of more than 2,048 bytes in chunks.',
  ),
  'grpc-answer-header': measured(
    'Successes carry `Grpc-Metadata-Content-Type: application/grpc`, as from a gateway that dials its service.',
  ),
  'known-any-types': chosen(
    'An Any holds the types of data sources, in a filter the well-known ones that a field can be compared with. A gateway brings BytesValue, Duration, FieldMask and Any by itself (measured), and reads them before the service can refuse them; which others the service was linked with cannot be known.',
  ),
  'http-server': chosen(
    'Node.js reads HTTP by other rules than Go in corners: two Host headers, bytes beyond ASCII in a path, folded headers, CONNECT and `OPTIONS *` are answered otherwise.',
  ),
  'field-order': inferred('Fields of an answer come in the order of the reference, which is that of its messages.'),
  'success-status': documented('A success is 200, also for what is made and deleted; the reference has no other.'),
  'error-body': documented(
    'Errors have the body `{code, message, details}`, as the reference says for everything unexpected; public clients read `message`.',
  ),
  'unset-fields': observed(
    'Answers show unset fields (`null`, `""`, `0`, `[]`), as all notebook outputs of 2023 do; no answer of 2025 was saved. `--unset omit` leaves them out, which a generated SDK needs.',
  ),
  'numbers-as-strings': observed(
    'Timeouts may be sent as `"3600"`, as public clients do; counts of 64 bits come as strings, as `numUnitsEstimation` does.',
  ),
  'timestamp-digits': measured(
    'UTC with `Z` and none, three, six or nine digits, the fewest that hold the moment; notebook outputs of 2023 show six for jobs, whose moments have microseconds.',
  ),
  'any-message': observed(
    'An Any shows `@type` first, then all fields of its message, unset ones as `""`; notebook outputs of 2023 do.',
  ),
  'empty-body': measured(
    'No body, and one of white space, counts as `{}`; public clients run jobs and complete uploads without one.',
  ),
  'content-type-ignored': measured('Bodies are read as JSON with any content type, except for `forms-as-queries`.'),
  'trailing-slash': measured(
    'An empty last segment still is a value of a path parameter: `GET /jobs/` asks for the job with the id "".',
  ),
  'no-cors': observed(
    "Answers carry no CORS headers; the vendor's own browser demo had to go through a proxy. `--cors` adds them for the origins that it names.",
  ),
  'computing-base': documented(
    "`/v1/computing` is another name of `/v1/customer`, announced in the vendor's changelog of September 2025.",
  ),
  'storj-temp-url': observed(
    'A Storj source shows `tempUrl`, which a public notebook of 2023 reads; that it is empty is chosen.',
  ),
  'era-2023': observed(
    'With `--era 2023` a job has the 21 fields of that time, params keep `data`, balances are strings, a user has `phoneNumber`, results of a job that is not complete are an empty list, and videos are one for each output; notebook outputs and the read-me beside them show all of it. The order of several outputs is chosen.',
  ),

  // Access
  'authorization-forms': observed(
    "`Authorization` takes the token raw, as the vendor's pages and notebooks send it, or after `Bearer`, as other clients do; upper and lower case do not matter.",
  ),
  'key-as-token': chosen(
    "`Authorization` takes the API key itself, too, since the vendor's page shows one there; it was most likely a placeholder. `--strict` refuses it.",
  ),
  'token-life': documented('A token lives for 3600 seconds, by the clock of its world.'),
  'worlds-and-personas': chosen("Keys `test_<world>` and `test_<world>:<persona>` are the emulator's own."),
  'key-trimmed': observed('Space around an API key is cut off, as public clients do before they send it.'),

  // Jobs
  'job-id-format': observed(
    'Ids that the emulator makes are lower-case UUIDs of version 4, as all eight saved ids are.',
  ),
  'job-id-given': chosen(
    'A jobId that no job has makes a job with that id; the Create page speaks only of those that exist.',
  ),
  'job-name-unset': documented(
    'A name may be absent and has no least length; the Create page marks it as optional. A read-me of 2023 asked for four characters.',
  ),
  'template-info': documented(
    'The template is next to the job, as on the Create page of May 2025; later it was within the job as well.',
  ),
  'template-defaults': observed(
    'What a job leaves open comes from its template; a public demo creates with parameters alone and runs. That the answer shows it is chosen.',
  ),
  'checked-at-run': chosen(
    'Data source, upload, secrets and balance are checked at the run and not before; the text of the state STARTED speaks of checks.',
  ),
  'catalogue-closed': chosen(
    'Templates are those that public clients and guides use, and those that were made; `--templates open` takes any id.',
  ),
  'tags-resolve': documented(
    "A tag without its version means the highest version that fits, as the vendor's glossary says.",
  ),
  'update-merges': chosen(
    'What an update does not name stays; sections of `params` and sources are replaced as a whole, `config` field by field.',
  ),
  'fresh-config': inferred('A job without limits shows 0, which is unset in proto3, and has none.'),
  'flat-run-config': chosen(
    "Limits in the body of a run without `config` around them count, as the vendor's guide prints them so; grpc-gateway would have ignored them.",
  ),
  'states-in-order': documented(
    'A job goes through the ten states in the order of their list; COMPLETE and FAILED are the only ones that it does not leave.',
  ),
  pace: chosen(
    'A job takes three seconds from run to COMPLETE; tasks take half of it. `--pace` sets another one. In 2023 a small one took about a minute.',
  ),
  'timeouts-enforced': documented(
    "A job that outlives `jobTimeout`, or tasks that outlive `taskTimeout`, fail, as the vendor's guide says; the texts are chosen.",
  ),
  'state-after-abort': chosen(
    'A running job that is aborted is FAILED at once, with `endedAt` and the `errorMessage` "job was aborted": no state for it exists.',
  ),
  'deleted-jobs': chosen(
    'A deleted job is 404 and in no list; `deletedAt` in the reference tells that the service kept its record. Here the 1,000 of a world that were deleted last are kept for `explain`, of others the id alone; copies and exports of a world hold none.',
  ),
  'state-timestamps': chosen(
    '`stateTimestamps` holds the states that were entered, by their full names; the form of the keys is not documented.',
  ),
  'submitted-at': chosen('`submittedAt` is the moment of the run; in the notebook outputs of 2023 it is null.'),
  'started-at': documented(
    '`startedAt` is when the first chunk is uploaded, as its title says: the moment of UPLOADING.',
  ),
  duration: chosen(
    '`duration` is null until the job has ended, then the seconds since its run; clients only test whether it is there.',
  ),
  'number-of-chunks': observed(
    'As many tasks and chunks as `num_replicas` of the partitioner says, or as chunks of URLs; else one. It is 0 until PARTITIONED.',
  ),
  prices: chosen('A task costs two ByteChips. A saved notebook shows 28 for 11 units, from which no price follows.'),
  'price-while-running': observed(
    '`paymentAmount` and `numUnitsEstimation` are set from the run on, as a saved notebook output shows.',
  ),
  'money-moves': chosen('A run sets its price aside; a complete job is paid, a failed one costs nothing.'),
  'opening-balance': chosen('A new account has 10,000 ByteChips.'),
  'results-made-up': chosen(
    'Result files are made up by the emulator: their number and names follow the template, the parameters and the input.',
  ),
  'results-real': documented(
    "With `--run-apps`, the job's own blocks make the results. What each stage reads and writes, and the names of chunks, are on the vendor's pages and in public blocks; that another exit code than 0 fails a task, and the job after its last attempt, is chosen, as is the job's failure where a partitioner makes no chunks.",
  ),
  'names-made-unique': chosen(
    'With `--run-apps`, a name that several tasks wrote gets the number of the task in front. Public apps write fixed names into a flat folder and worked with several tasks, so something made them unique; how is unknown.',
  ),
  'dummy-source': chosen(
    'With `--run-apps`, the source `bypass` is one file `dummy_file`; the pages say that there is one, not what it is.',
  ),
  'block-secrets': chosen(
    'With `--run-apps`, a secret that a manifest names is in the variables that the pages describe; capitals and `_` in their names, and the masks in logs, are chosen.',
  ),
  'real-price': chosen(
    'With `--run-apps`, a job costs the sum of its tasks: hours times the larger need, as prices on the pages come out. It is booked when the job is COMPLETE, even beyond the balance.',
  ),
  'failed-results': chosen('A failed job was never completed, so its results are the same error as before completion.'),
  'log-texts': chosen(
    "Levels are as on the pictures of the documentation; the texts of the lines are the emulator's own.",
  ),
  'task-ids': chosen('The id of a task is a UUID that follows from its job; no task id was saved.'),

  // Lists
  'page-size': chosen("Ten rows if the client does not say, as the vendor's console shows; a thousand at most."),
  'list-order': chosen(
    "Jobs and transactions: newest first. Templates: those of clients by id, then the vendor's, then those of the emulator.",
  ),
  'undotted-paging': observed(
    '`limit` and `offset` without `pagination.` before them have no effect; a published integration sends them.',
  ),
  'filters-joined': chosen('All filters of a request must hold.'),
  'missing-running-tasks': chosen('Ids of no job are left out of the answer.'),

  // Storage
  'link-shape': observed(
    'Links are signed URLs of version 4 with the parameters of a saved link; their host is the emulator.',
  ),
  'link-life': observed('A link lives for 14,399 seconds from when it was asked for, as a saved link says.'),
  'upload-link': chosen("`tempUrl` has the shape of a result's link; no such URL was saved."),
  'bucket-keeps': documented('The temporary bucket keeps results for 48 hours.'),
  'bypass-output': documented('A job whose destination is `bypass` has no results.'),

  // Events
  'event-resumption': chosen(
    'Server-Sent Events carry ids, and a reader that sends `Last-Event-ID` is given the events after it: of the last 1,000 of a world, while the emulator runs and the world is not reset. A comment every 15 seconds keeps connections open. Lines of JSON have neither, as grpc-gateway writes none.',
  ),
  'event-framing': inferred(
    'One JSON object a line, as grpc-gateway streams; Server-Sent Events if `Accept` asks for them, as the SDK of June 2025 expects.',
  ),
} as const
