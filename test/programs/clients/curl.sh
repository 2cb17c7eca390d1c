#!/bin/sh
# A shell with curl.
set -eu

api=https://api.bytenite.com/v1
key=c2VydmljZS1rZXk6bm90LWEtdGVzdC1rZXk=

# pick NAME: the first text of that name in the JSON on stdin.
pick() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | sed 's/\\u0026/\&/g'
}
call() {
  method=$1 path=$2
  shift 2
  curl -sS --fail-with-body --max-time 30 -X "$method" "$api$path" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' "$@"
}

token=
token=$(call POST /auth/access_token -d "{\"apiKey\":\"$key\"}" | pick token)
job=$(call POST /customer/jobs -d '{
  "templateId": "hello-world-template",
  "name": "a shell, curl",
  "dataSource": {
    "dataSourceDescriptor": "file",
    "params": {"@type": "type.googleapis.com/bytenite.data_source.LocalFileDataSource"}
  },
  "dataDestination": {"dataSourceDescriptor": "bucket"}
}')
id=$(printf '%s' "$job" | sed -n 's/^{"job": *{"id": *"\([^"]*\)".*/\1/p')
url=$(printf '%s' "$job" | pick tempUrl)
printf 'hello, world' |
  curl -sS --fail-with-body --max-time 30 -T - "$url" -H 'Content-Disposition: attachment; filename="hello.txt"' >/dev/null
call PATCH "/customer/jobs/$id/uploadcompleted" >/dev/null
call POST "/customer/jobs/$id/run" -d '{}' >/dev/null

until [ "$(call GET "/customer/jobs/$id" | pick state)" = JOB_STATE_COMPLETE ]; do sleep 2; done
results=$(call GET "/customer/jobs/$id/results")
name=$(printf '%s' "$results" | pick name)
link=$(printf '%s' "$results" | pick link)
echo "$name: $(curl -sS --fail-with-body --max-time 30 "$link")"
