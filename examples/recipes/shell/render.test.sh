#!/bin/sh
# Tests with nothing but a shell and curl: starts an emulator, gives each test a world of its own, and prints TAP.
set -eu

work=$(mktemp -d)
mkfifo "$work/ready"
${EMULATOR_COMMAND:-npx bytenite-emulator} --port 0 --in-memory --exit-with-parent >"$work/ready" &
emulator=$!
trap 'kill "$emulator"; wait "$emulator" 2>/dev/null || true; rm -r "$work"' EXIT
# The one line that it prints, once it answers.
read -r line <"$work/ready"
url=${line##* }

# api METHOD PATH [BODY]: as the client under test would call the API. control: what a test does to the world of `$name`.
api() { curl -sS -X "$1" "$url$2" -H "Authorization: test_$name" -H 'Content-Type: application/json' ${3:+-d "$3"}; }
control() { curl -fsS -X "$1" "$url/_emulator/worlds/$name$2" -H 'Content-Type: application/json' ${3:+-d "$3"}; }

count=0
# expect TEXT ANSWER: the answer has the text.
expect() {
  count=$((count + 1))
  case $2 in
    *"$1"*) echo "ok $count - $name" ;;
    *) echo "not ok $count - $name: no $1 in $2" && exit 1 ;;
  esac
}

name=renders-a-picture
api POST /v1/customer/jobs '{"templateId":"img-gen-diffusers-flux-gpu-template","jobId":"picture"}' >/dev/null
api POST /v1/customer/jobs/picture/run >/dev/null
control POST /clock/advance '{"by":"job:picture"}' >/dev/null
expect '"results_archive.zip"' "$(api GET /v1/customer/jobs/picture/results)"

name=says-why-a-job-failed
control POST /scenarios '{"failIn":"JOB_STATE_MERGING","errorMessage":"zip: no space left"}' >/dev/null
api POST /v1/customer/jobs '{"templateId":"img-gen-diffusers-flux-gpu-template","jobId":"picture"}' >/dev/null
api POST /v1/customer/jobs/picture/run >/dev/null
control POST /clock/advance '{"by":"10m"}' >/dev/null
expect '"errorMessage":"zip: no space left"' "$(api GET /v1/customer/jobs/picture)"

name=is-told-when-to-try-again
control POST /faults '{"operation":"GET /v1/customer/jobs","status":503,"retryAfter":30,"times":1}' >/dev/null
expect '"code":14' "$(api GET /v1/customer/jobs)"
expect '"pagination"' "$(api GET /v1/customer/jobs)"

echo "1..$count"
