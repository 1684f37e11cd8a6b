#!/usr/bin/env bash
# Measures the product on this machine.
#   ./bench.sh latency [--seconds N] [--size 640x360]   glass to glass, between two browsers through the server
#   ./bench.sh budgets                                  allocations, memory and processor time against bench/budgets.json
#   ./bench.sh sfu [--quick] [--scenario NAME] [--server NAME] [--rounds N] [--seconds S] [--continue]
#                                                       our SFU beside a C program and other SFUs (as root; what was measured before is kept with --continue)
#   ./bench.sh soak [--minutes 30] [--sessions 30] [--loss 2] [--churn 10] [--rotate 30] [--seed N]
#                                                       the server while people come and go over a lossy line: memory, pauses, nobody lost
#   ./bench.sh signaling [--participants 5000] [--joins-per-second 60]
#                                                       thousands of people on one process, without media: joins, memory, processor
#   ./bench.sh report                                   docs/performance.md and the plots, from bench/results/{sfu,soak,signaling}.json
# Results go to the screen and to bench/results/.
set -euo pipefail
cd "$(dirname "$0")"

# A distribution package that is not there yet; false when it cannot be had.
need() { # COMMAND-OR-FILE PACKAGE…
  [ -e "$1" ] || command -v "$1" >/dev/null && return
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || { echo "This needs $1: install the package $2." >&2; return 1; }
  [ -n "${apt_updated:-}" ] || { apt-get update -qq; apt_updated=1; }
  echo "installing ${*:2}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

build_product() {
  need dotnet dotnet-sdk-10.0
  need npm npm
  [ web/node_modules/.package-lock.json -nt web/package-lock.json ] || npm ci --prefix web --no-audit --no-fund --silent
  npm run build --prefix web --silent >/dev/null
  dotnet build -c Release -v q -clp:NoSummary src/Wardline.Server
  [ tests/browser/node_modules/.package-lock.json -nt tests/browser/package-lock.json ] || npm ci --prefix tests/browser --no-audit --no-fund --silent
}

case ${1:-} in
  latency)
    shift
    need chromium chromium
    build_product
    exec node bench/latency.mjs "$@"
    ;;
  budgets)
    need gcc gcc libssl-dev
    make -s -C bench/yardstick OUT="$PWD/artifacts/bench"
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll budgets
    ;;
  sfu)
    shift
    [ "$(id -u)" -eq 0 ] || { echo "This makes network namespaces: run it as root." >&2; exit 77; }
    need ip iproute2
    need taskset util-linux
    need make make
    # Whom we are held against: without one of them the others are still measured, and the results say so.
    need gcc gcc libssl-dev && make -s -C bench/yardstick OUT="$PWD/artifacts/bench" || echo "No C yardstick." >&2
    need janus janus || echo "No Janus." >&2
    need go golang-go && need /usr/share/gocode/src/github.com/pion/webrtc golang-github-pion-webrtc.v3-dev &&
      make -s -C bench/pion OUT="$PWD/artifacts/bench" || echo "No Pion." >&2
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll sfu "$@"
    ;;
  soak | signaling)
    need dotnet dotnet-sdk-10.0
    for project in src/Wardline.Server src/Wardline.Cli bench/Wardline.Bench; do dotnet build -c Release -v q -clp:NoSummary "$project"; done
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll "$@"
    ;;
  report)
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll report bench/results/sfu.json docs/performance.md
    ;;
  -h|--help) sed -n '2,14s/^# \{0,1\}//p' "$0" ;;
  *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
