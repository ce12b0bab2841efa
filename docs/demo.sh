#!/usr/bin/env bash
# The demo: from a site file to a verified fabric on this machine, a second apply, and a change that undoes itself.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
work=$(mktemp -d)
export RTMCTL_SITE=$work/demo RTMCTL_STORE=$work/store.db
trap 'rtmctl lab down; rm -rf "$work"' EXIT

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() { # the command, and the exit codes it may end with (0 where none is said)
  local want=0
  if [[ $1 == exit=* ]]; then want=${1#exit=}; shift; fi
  printf '\033[1;32m$ %s\033[0m\n' "$*"
  "$@"
  local got=$?
  [[ ",$want," == *",$got,"* ]] || { echo "demo: ended with $got, expected $want" >&2; exit 1; }
}

say "A site is written: 2 spines, 4 leafs, 2 tenants, 6 servers."
run rtmctl init "$RTMCTL_SITE" --example demo
run rtmctl validate

say "A running copy comes up here: real FRR routers with a factory configuration, real servers."
run rtmctl lab up

say "What will change?"
run rtmctl net plan --brief

say "Change it, over SSH, device by device; each arms its own undo first."
run rtmctl net apply --yes

say "Does it work? Cables, sessions, routes, isolation, traffic between hosts."
run rtmctl net verify

say "Applying again finds nothing to do."
run rtmctl net apply --yes

say "A bad change: somebody moves the tenant of the reports into the events' VRF, and nobody confirms it."
sed -i 's/tenant: office/tenant: events/' "$RTMCTL_SITE/site.yaml"
run rtmctl net lock
run rtmctl net apply --yes --confirm-within 10
sed -i 's/reports: {tenant: events/reports: {tenant: office/' "$RTMCTL_SITE/site.yaml"
printf 'the devices undo it by themselves, one of each pair after the other '
for _ in $(seq 30); do
  rtmctl net drift >/dev/null 2>&1 && break
  printf .
  sleep 2
done
echo
run rtmctl net drift
run rtmctl net verify
run rtmctl net history

say "A spine loses power while hosts talk: what is lost, beside what was to be expected; then it is put back."
report=$PWD/drill-report.html # 6 and 7: a busy machine may lose more than was promised, or too much to say
run exit=0,6,7 rtmctl drill run spine-loss spine1 --report "$report"
say "Done. The report: $report. The README says what to do next."
