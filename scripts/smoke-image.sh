#!/usr/bin/env bash
# Tries the image with the engine that `docker` reaches: its own health check, a create, seeds from the init folder, a restart on
# the same volume, any uid on a read-only root, and the end by SIGTERM. `scripts/smoke-image.sh [IMAGE]`; needs docker and curl.
set -euo pipefail

image=${1:-bytenite-emulator}
name=bytenite-emulator-smoke-$$
work=$(mktemp -d)
clean() {
  docker rm -fv "$name" >/dev/null 2>&1 || true
  docker volume rm -f "$name" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT

fail() {
  echo "smoke-image: $1" >&2
  docker logs "$name" >&2 || true
  exit 1
}

# start [OPTION...]: runs the image and waits until its own health check is passed; sets `url`.
start() {
  docker run -d --name "$name" -p 127.0.0.1::2983 "$@" "$image" >/dev/null
  local health=
  for _ in $(seq 60); do
    health=$(docker inspect --format '{{.State.Health.Status}}' "$name")
    [ "$health" = healthy ] && break
    sleep 0.5
  done
  [ "$health" = healthy ] || fail "the health check says $health"
  url=http://$(docker port "$name" 2983/tcp | head -n 1)
}

# finish: ends it as an orchestrator does, and expects it to be gone in less than a second with exit code 0.
finish() {
  local begin code finished took
  begin=$(date +%s%N)
  docker kill --signal TERM "$name" >/dev/null
  code=$(docker wait "$name")
  finished=$(date -d "$(docker inspect --format '{{.State.FinishedAt}}' "$name")" +%s%N)
  took=$(((finished - begin) / 1000000))
  [ "$code" = 0 ] || fail "SIGTERM ended it with exit code $code"
  [ "$took" -lt 1000 ] || fail "SIGTERM took $took ms"
  echo "ok    ended by SIGTERM in $took ms"
  docker rm -v "$name" >/dev/null
}

call() {
  curl -fsS --max-time 10 "$url$1" -H 'Authorization: test_default' -H 'Content-Type: application/json' "${@:2}"
}

mkdir "$work/init"
echo '{"templates":[{"id":"mine"}]}' >"$work/init/10-templates.json"
echo '{"jobs":[{"templateId":"mine","jobId":"seeded"}]}' >"$work/init/20-jobs.json"
chmod -R a+rX "$work"

docker volume create "$name" >/dev/null
start -v "$name:/data" -v "$work/init:/init:ro"
echo "ok    healthy by its own check, $(docker image inspect --format '{{.Size}}' "$image" | awk '{ printf "%.0f MB", $1 / 1e6 }')"
call /v1/customer/jobs/seeded | grep -q '"id":"seeded"' || fail 'the job of the init folder is not there'
echo 'ok    seeds of the init folder'
call /v1/customer/jobs -d '{"templateId":"mine","jobId":"kept","name":"smoke"}' | grep -q '"id":"kept"' || fail 'no create'
echo 'ok    a create'
finish

hardened=(--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)
start -v "$name:/data" "${hardened[@]}"
call /v1/customer/jobs/kept | grep -q '"name":"smoke"' || fail 'the job is gone after a restart'
echo 'ok    a restart on the same volume, with a read-only root and no capabilities'
finish

start "${hardened[@]}" --user 12345:54321
call /v1/customer/jobs -d '{"templateId":"hello-world-template"}' >/dev/null || fail 'another uid cannot write'
echo 'ok    a new volume, as uid 12345'
finish

echo '{"jobs":[{"templateId":"none"}]}' >"$work/init/30-wrong.json"
chmod a+r "$work/init/30-wrong.json"
code=0
said=$(docker run --rm -v "$work/init:/init:ro" "$image" 2>&1) || code=$?
[ "$code" = 1 ] || fail "a wrong seed ended it with exit code $code, not 1"
case $said in
  *30-wrong.json*) echo "ok    a wrong seed is named: $said" ;;
  *) fail "a wrong seed is not named: $said" ;;
esac
