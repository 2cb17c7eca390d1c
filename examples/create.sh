#!/bin/sh
# Creates a job, changes its name, reads it back, prints its id and state. Needs curl and sed.
set -eu

url=${BYTENITE_API_URL:-http://127.0.0.1:2983}
key=${BYTENITE_API_KEY:-test_default}
token=''

fail() {
  echo "create.sh: $1" >&2
  exit 1
}

# call METHOD PATH [BODY]: prints the body of the answer; fails unless the status is 200.
call() {
  answer=$(curl -sS --max-time 30 -X "$1" "$url$2" ${3:+--data-binary "$3"} -w '\n%{http_code}' \
    -H "Authorization: $token" -H 'Content-Type: application/json') || fail "no answer to $1 $url$2"
  status=$(printf '%s\n' "$answer" | tail -n 1)
  body=$(printf '%s\n' "$answer" | sed '$d')
  [ "$status" = 200 ] || fail "$1 $2 answered $status: $body"
  printf '%s\n' "$body"
}

# pick PATTERN: what the pattern's group matches in the text on stdin.
pick() {
  found=$(sed -n "s/.*$1.*/\1/p")
  [ -n "$found" ] || fail "the answer has no $1"
  printf '%s\n' "$found"
}

answer=$(call POST /v1/auth/access_token "{\"apiKey\":\"$key\"}")
token=$(printf '%s' "$answer" | pick '"token": *"\([^"]*\)"')

job=$(call POST /v1/customer/jobs '{"templateId":"hello-world-template","name":"first name"}')
id=$(printf '%s' "$job" | pick '"job": *{"id": *"\([^"]*\)"')

call POST /v1/customer/jobs "{\"templateId\":\"hello-world-template\",\"jobId\":\"$id\",\"name\":\"second name\"}" >/dev/null

job=$(call GET "/v1/customer/jobs/$id")
name=$(printf '%s' "$job" | pick '"name": *"\([^"]*\)"')
state=$(printf '%s' "$job" | pick '"state": *"\([^"]*\)"')
[ "$name" = 'second name' ] || fail "job $id is called $name, not second name"

echo "$id $state"
