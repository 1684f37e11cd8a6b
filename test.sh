#!/usr/bin/env bash
# Runs the tests: all of them, or the areas named. The last line is "N passed, N failed".
#   ./test.sh                 everything
#   ./test.sh rtc browser     some areas
#   ./test.sh --list          the areas
#   ./test.sh --accept-api    no test: writes the public API as it is now into src/*/PublicAPI.Unshipped.txt
set -uo pipefail
cd "$(dirname "$0")"

AREAS=(architecture rtc sfu media client access ledger vault server cli web packages budgets fuzz browser)
FUZZ_SECONDS=${FUZZ_SECONDS:-3}
OUT=artifacts/test
DETAILS=$OUT/failed.txt # what failed and why: repeated at the end, since a log is often kept by its tail
passed=0 failed=0 failures=() steps=()

say() { steps+=("$SECONDS $*"); printf '\n\033[1m── %s\033[0m\n' "$*"; }
count() { # PASSED FAILED NAME
  passed=$((passed + $1)); failed=$((failed + $2))
  if [ "$2" -gt 0 ]; then failures+=("$3: $2"); fi
}

# A distribution package that a test needs and that is not there yet.
need() { # COMMAND-OR-FILE PACKAGE
  [ -e "$1" ] || command -v "$1" >/dev/null && return
  local sudo=; [ "$(id -u)" -eq 0 ] || sudo=sudo
  [ -n "${apt_updated:-}" ] || { $sudo apt-get update -qq; apt_updated=1; }
  echo "installing $2"
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

need_web_packages() {
  [ -f web/node_modules/.package-lock.json ] && [ web/node_modules/.package-lock.json -nt web/package-lock.json ] \
    || npm ci --prefix web --no-audit --no-fund
}

need_web() { # npm packages and the built page
  need_web_packages || return 1
  npm run build --prefix web --silent
}

build() {
  [ -n "${built:-}" ] && return
  say "build"
  dotnet build Wardline.slnx -c Release -v q -clp:NoSummary || { echo "build failed"; count 0 1 build; finish; }
  built=1
}

dotnet_tests() { # PROJECT
  local exe="tests/$1/bin/Release/net10.0/$1" log="$OUT/$1.log"
  build
  say "$1"
  timeout 900 "$exe" -noLogo -noColor -failSkips >"$log" 2>&1
  local line; line=$(grep -E "^ +$1 +Total:" "$log" | tail -1)
  if [[ $line =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+) ]]; then
    local bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
    [ "$bad" -eq 0 ] || { grep -vE '^ +(Starting|Discover)' "$log"; grep -A 15 -E '\[FAIL\]' "$log" >>"$DETAILS"; }
    echo "${line## }"
    [ "${BASH_REMATCH[1]}" -gt 0 ] || bad=1 # an assembly without a test is a mistake
    count $((BASH_REMATCH[1] - bad < 0 ? 0 : BASH_REMATCH[1] - bad)) "$bad" "$1"
  else
    tail -50 "$log"; count 0 1 "$1 did not finish"
  fi
}

command_test() { # NAME COMMAND… : one test that passes when the command does
  local name=$1; shift
  say "$name"
  if "$@"; then count 1 0 "$name"; else count 0 1 "$name"; fi
}

node_tests() { # NAME FILES…
  local name=$1 log="$OUT/$1.tap"; shift
  timeout 2400 node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$log" "$@"
  local p f s; p=$(sed -n 's/^# pass //p' "$log"); f=$(sed -n 's/^# fail //p' "$log"); s=$(sed -n 's/^# cancelled //p;s/^# skipped //p;s/^# todo //p' "$log" | awk '{n+=$1} END {print n+0}')
  grep -A 25 -E '^ *not ok' "$log" | grep -vE '^ *(---|duration_ms|type:)' >>"$DETAILS"
  if [ -z "$p" ]; then count 0 1 "$name did not finish"; else count "$p" $((f + s)) "$name"; fi
}

area_architecture() { dotnet_tests Wardline.Architecture.Tests; }
area_rtc() { dotnet_tests Wardline.Rtc.Tests; dotnet_tests Wardline.Netem.Tests; }
area_sfu() { dotnet_tests Wardline.Sfu.Tests; }
area_media() { dotnet_tests Wardline.Sockets.Tests; dotnet_tests Wardline.Media.Tests; }
area_client() { # with the browser's end-to-end encryption, in node, at the other end
  need_web_packages || { count 0 1 "web packages"; return; }
  dotnet_tests Wardline.Client.Tests
}
area_access() { dotnet_tests Wardline.Access.Tests; }
area_ledger() { dotnet_tests Wardline.Ledger.Tests; }
area_vault() { # an object store with an S3 interface and a token with a PKCS #11 interface, set up by the tests
  local part
  for part in proxy account container object; do need "swift-$part-server" "swift-$part"; done
  need memcached memcached; need node nodejs; need softhsm2-util softhsm2; need pkcs11-tool opensc
  need /usr/share/unicode/NormalizationTest.txt.bz2 unicode-data; need bunzip2 bzip2
  dotnet_tests Wardline.Vault.Tests
}
area_server() { need turnserver coturn; dotnet_tests Wardline.Server.Tests; }
area_cli() { need turnserver coturn; need zbarimg zbar-tools; dotnet_tests Wardline.Cli.Tests; }

area_web() {
  need chromium chromium
  say "web: install and build"
  need_web || { count 0 1 "web build"; return; }
  command_test "web: types" npm run typecheck --prefix web --silent
  local log=$PWD/$OUT/vitest.json
  say "web: unit tests"
  (cd web && timeout 600 npx vitest run --reporter=default --reporter=json --outputFile="$log")
  node -e "for (const f of require('$log').testResults) for (const t of f.assertionResults) if (t.status === 'failed') console.log(t.fullName, t.failureMessages.join().slice(0, 600))" >>"$DETAILS" 2>/dev/null
  if [ -s "$log" ]; then
    count "$(node -p "require('$log').numPassedTests")" "$(node -p "const r=require('$log'); r.numTotalTests-r.numPassedTests")" "web unit"
  else
    count 0 1 "web unit tests did not finish"
  fi
  command_test "web: size of the pages" npm run size --prefix web --silent
  command_test "web: the built pages in a browser" npm run test:page --workspaces --if-present --prefix web --silent
  command_test "web: accessibility of every state" npm run test:axe --prefix web --silent
}

area_packages() { # what a stranger installs, tried as a stranger would; the browser's package against the native one
  need chromium chromium
  need_web_packages || { count 0 1 "web packages"; return; }
  dotnet_tests Wardline.Packages.Tests
}

area_budgets() {
  dotnet_tests Wardline.Bench.Tests; build
  need gcc gcc; need make make; need /usr/include/openssl/evp.h libssl-dev
  make -s -C bench/yardstick OUT="$PWD/artifacts/bench"
  command_test "budgets: allocations, memory, processor time" dotnet bench/Wardline.Bench/bin/Release/net10.0/Wardline.Bench.dll budgets
}
area_fuzz() { build; command_test "fuzz targets, ${FUZZ_SECONDS} s each" dotnet fuzz/Wardline.Fuzz/bin/Release/net10.0/Wardline.Fuzz.dll all --seconds "$FUZZ_SECONDS"; }

area_browser() {
  need chromium chromium; need firefox-esr firefox-esr; need turnserver coturn; need tshark tshark; need ip iproute2; need certutil libnss3-tools
  say "browser: install and build"
  need_web || { count 0 1 "web build"; return; }
  build
  (cd tests/browser && { [ -f node_modules/.package-lock.json ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; }) || { count 0 1 "browser install"; return; }
  say "browser"
  node_tests browser tests/browser/*.test.mjs
}

# What the analyzer (RS0016, RS0017) holds the packages to. What stands in PublicAPI.Shipped.txt is a promise: it is taken
# back by hand, with *REMOVED* before the line.
accept_api() {
  local api
  for api in src/*/PublicAPI.Unshipped.txt; do
    echo '#nullable enable' >"$api"
    dotnet format analyzers "$(dirname "$api")" --diagnostics RS0016 --verbosity quiet || return
    [ -z "$(tail -c 1 "$api")" ] || echo >>"$api"
  done
  git --no-pager diff --stat -- 'src/*/PublicAPI.Unshipped.txt'
}

# Where the time went: the steps that took 20 s and more, in their order.
times() {
  local i began next
  printf '\n%d s in all; of them\n' "$SECONDS"
  for i in "${!steps[@]}"; do
    began=${steps[i]%% *}; next=${steps[i + 1]:-$SECONDS}
    [ $((${next%% *} - began)) -lt 20 ] || printf '%6d  %s\n' $((${next%% *} - began)) "${steps[i]#* }"
  done
}

finish() {
  times
  if [ "${#failures[@]}" -gt 0 ]; then head -c 8000 "$DETAILS" 2>/dev/null; printf '\nFailed:\n'; printf '  %s\n' "${failures[@]}"; fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

case "${1:-}" in
  --list) printf '%s\n' "${AREAS[@]}"; exit ;;
  --accept-api) accept_api; exit ;;
  -h|--help) sed -n '2,6s/^# //p' "$0"; exit ;;
esac
mkdir -p "$OUT"; : >"$DETAILS"
for area in "${@:-${AREAS[@]}}"; do
  declare -F "area_$area" >/dev/null || { echo "no area '$area'; there are: ${AREAS[*]}"; exit 2; }
done
for area in "${@:-${AREAS[@]}}"; do "area_$area"; done
finish
