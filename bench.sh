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
#   ./bench.sh vault [--rounds 7] [--quick]             blobs: sealing and opening beside openssl speed, and the memory of a blob of 2 GiB;
#                                                       how fast keys turn and are wrapped anew
#   ./bench.sh ledger [--entries 1000000] [--callers 256] [--seconds 10] [--keep FOLDER]
#                                                       durable and recomputed entries a second; 10 million take some minutes and 6 GB
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
  vault)
    shift
    need openssl openssl
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    # A token with two keys: from the one to the other keys are wrapped anew. Without it the rest is still measured.
    token=()
    library=/usr/lib/softhsm/libsofthsm2.so
    hsm=$(mktemp -d)
    trap 'rm -rf "$hsm"' EXIT
    if need softhsm2-util softhsm2 && need pkcs11-tool opensc; then
      export SOFTHSM2_CONF="$hsm/conf"
      mkdir "$hsm/tokens"
      printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$hsm/tokens" >"$SOFTHSM2_CONF"
      (umask 077; printf '%05d%05d' "$RANDOM" "$RANDOM" >"$hsm/pin")
      softhsm2-util --init-token --free --label bench --so-pin "$(printf '%05d%05d' "$RANDOM" "$RANDOM")" --pin "$(cat "$hsm/pin")" >/dev/null
      for key in from to; do
        pkcs11-tool --module "$library" --token-label bench --login --pin "$(cat "$hsm/pin")" --keygen --key-type AES:32 --label "$key" --private --sensitive >"$hsm/said" 2>&1 || { cat "$hsm/said" >&2; exit 1; }
        token+=("--$key" "pkcs11:token=bench;object=$key?module-path=$library&pin-source=file:$hsm/pin")
      done
    fi
    dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll vault "${token[@]}" "$@"
    ;;
  ledger)
    shift
    need dotnet dotnet-sdk-10.0
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll ledger "$@"
    ;;
  report)
    dotnet build -c Release -v q -clp:NoSummary bench/Wardline.Bench
    exec dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll report bench/results/sfu.json docs/performance.md
    ;;
  -h|--help) sed -n '2,17s/^# \{0,1\}//p' "$0" ;;
  *) sed -n '2,17s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
