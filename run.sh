#!/usr/bin/env bash
# Starts Wardline on this machine with a demo clinic and prints its links, one a line.
#   ./run.sh                          for this machine alone
#   ./run.sh --host 192.0.2.7         for phones and other machines too, with QR codes
#   --port N         HTTPS port (8443)              --data DIR       where everything is kept (./data)
#   --udp-port N     media over UDP (7881)          --tcp-port N     media over TCP (the same number)
#   --guests N       an interpreter and family too  --no-turn        no relay, even when coturn is installed
#   --visits N       further visits, for wardline load
#   --with-patient   a synthetic patient waits, talks for three minutes and leaves: one person can try a consult
#   --turn-port N    relay, UDP and TCP (3478)      --turns-port N   relay over TLS (5349; 443 needs the right to bind it)
#   --no-build       take what is built
# Settings of the server go in as environment variables (Section__Key); see docs/how-to/settings.md.
set -euo pipefail
cd "$(dirname "$0")"

host=localhost port=8443 udp=7881 tcp= data=data guests=0 visits=0 patient= turn=yes build=yes turn_port=3478 turns_port=5349
need_value() { [ $# -ge 2 ] && [ -n "$2" ] || { echo "$1 needs a value; see ./run.sh --help" >&2; exit 64; }; }
while [ $# -gt 0 ]; do
  case $1 in
    --host) need_value "$@"; host=$2; shift ;;
    --port) need_value "$@"; port=$2; shift ;;
    --udp-port) need_value "$@"; udp=$2; shift ;;
    --tcp-port) need_value "$@"; tcp=$2; shift ;;
    --data) need_value "$@"; data=$2; shift ;;
    --guests) need_value "$@"; guests=$2; shift ;;
    --visits) need_value "$@"; visits=$2; shift ;;
    --turn-port) need_value "$@"; turn_port=$2; shift ;;
    --turns-port) need_value "$@"; turns_port=$2; shift ;;
    --with-patient) patient=yes ;;
    --no-turn) turn= ;;
    --no-build) build= ;;
    -h|--help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit ;;
    *) echo "unknown option $1; see ./run.sh --help" >&2; exit 64 ;;
  esac
  shift
done
: "${tcp:=$udp}"
server=src/Wardline.Server/bin/Release/net10.0/Wardline.Server.dll

missing() { echo "Wardline needs $1. $2" >&2; exit 69; }
newer() { # TARGET SOURCE…: some source file is newer than the target, or there is no target
  [ -e "$1" ] || return 0
  local target=$1; shift
  [ -n "$(find "$@" \( -name node_modules -o -name bin -o -name obj -o -name dist \) -prune -o -type f -newer "$target" -print -quit 2>/dev/null)" ]
}

build_web() {
  [ -f web/apps/visit/package.json ] || return 0
  newer web/apps/visit/dist/index.html web || newer web/apps/admin/dist/index.html web || return 0
  command -v npm >/dev/null || missing "Node 20 or newer" "Install it from your distribution or nodejs.org."
  if newer web/node_modules/.package-lock.json web/package-lock.json; then
    echo "installing web packages"
    npm ci --prefix web --no-audit --no-fund --silent
  fi
  echo "building the pages"
  npm run build --prefix web --silent >/dev/null
  touch web/apps/visit/dist/index.html web/apps/admin/dist/index.html
}

tool=src/Wardline.Cli/bin/Release/net10.0/wardline.dll
build_server() {
  if [ -n "$patient" ] && newer "$tool" src Directory.Build.props Directory.Packages.props global.json; then
    command -v dotnet >/dev/null || missing "the .NET 10 SDK" "Install dotnet-sdk-10.0."
    echo "building the synthetic patient"
    dotnet build -c Release -v q -clp:NoSummary src/Wardline.Cli
    touch "$tool"
  fi
  newer "$server" src Directory.Build.props Directory.Packages.props global.json || return 0
  command -v dotnet >/dev/null || missing "the .NET 10 SDK" "Install dotnet-sdk-10.0."
  echo "building the server"
  dotnet build -c Release -v q -clp:NoSummary src/Wardline.Server
  touch "$server"
}

# Whatever this script starts ends with it, however it ends. The build of the pages is a process group: npm has children.
children=() web_build=
stop() {
  trap '' HUP INT TERM
  [ -z "$web_build" ] || kill -TERM -- "-$web_build" 2>/dev/null || true
  for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "$build" ]; then
  set -m; build_web & web_build=$!; set +m
  build_server
  wait "$web_build"
  web_build=
fi
[ -f "$server" ] || missing "a build" "Run ./run.sh without --no-build once."

# Two instances on one data root would take each other's keys, relay and database: the second says so and goes.
[ -d "$data" ] || mkdir -p -m 700 "$data" 2>/dev/null || true
(: >>"$data/lock") 2>/dev/null || { echo "Wardline cannot write to $data. Name a folder of yours with --data." >&2; exit 73; }
exec 9>>"$data/lock"
! command -v flock >/dev/null || flock -n 9 || { echo "Another Wardline runs on $data. Stop it first, or give this one its own folder with --data." >&2; exit 69; }

export Data__Root=${Data__Root:-$data} Server__Host=${Server__Host:-$host} Server__Port=${Server__Port:-$port}
export Media__UdpPort=${Media__UdpPort:-$udp} Media__TcpPort=${Media__TcpPort:-$tcp}
export Demo__Enabled=${Demo__Enabled:-true} Demo__Guests=${Demo__Guests:-$guests} Demo__Visits=${Demo__Visits:-$visits}
export DOTNET_TieredPGO=0

# The relay, for people whose network lets nothing but TLS through. It may reach the media ports' addresses and nothing else.
relay_addresses() {
  case $host in
    localhost) echo 127.0.0.1 ;;
    *[!0-9.]*) hostname -I | tr ' ' '\n' | grep -E '^[0-9.]+$' || true ;;
    *) echo "$host" ;;
  esac
}

write_relay_config() {
  mkdir -p -m 700 "$data/turn"
  [ -s "$data/turn/secret" ] || (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$data/turn/secret")
  local folder; folder=$(cd "$data" && pwd)
  (umask 077; {
    cat <<CONF
use-auth-secret
static-auth-secret=$(cat "$data/turn/secret")
realm=wardline
listening-port=$turn_port
tls-listening-port=$turns_port
cert=${Tls__Certificate:-$folder/tls/certificate.pem}
pkey=${Tls__Key:-$folder/tls/key.pem}
no-tlsv1
no-tlsv1_1
no-dtls
no-cli
no-tcp-relay
no-multicast-peers
no-software-attribute
no-rfc5780
stale-nonce=600
user-quota=12
total-quota=1200
max-bps=1250000
userdb=$folder/turn/turndb
pidfile=$folder/turn/turnserver.pid
log-file=$folder/turn/turnserver.log
simple-log
no-stdout-log
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
CONF
    for address in $(relay_addresses); do
      printf 'listening-ip=%s\nrelay-ip=%s\nallowed-peer-ip=%s\n' "$address" "$address" "$address"
    done
    [ "$host" != localhost ] || echo allow-loopback-peers
  } >"$data/turn/turnserver.conf")
}

if [ -n "$turn" ] && [ -z "${Turn__Urls:-}" ]; then
  if command -v turnserver >/dev/null; then
    write_relay_config
    turn_host=$host; [ "$host" != localhost ] || turn_host=127.0.0.1
    export Turn__Urls="turn:$turn_host:$turn_port?transport=udp,turn:$turn_host:$turn_port?transport=tcp,turns:$turn_host:$turns_port?transport=tcp"
    export Turn__Secret="file:$data/turn/secret"
  else
    turn=
    echo "coturn is not installed: calls run without a relay (apt-get install coturn, and start again)"
  fi
else
  turn=
fi

relay=
if [ -n "$patient" ]; then
  # The link goes from the server's output to the patient's input: no file and no argument ever holds it.
  exec 8> >(exec 9>&-; exec dotnet "$tool" patient - --stay 180 --pin "${Tls__Certificate:-$data/tls/certificate.pem}")
  synthetic=$!
  dotnet "$server" > >(while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in 'Patient: '*) printf '%s\n' "${line#Patient: }" >&8 ;; esac
  done) &
  children+=($! "$synthetic")
  exec 8>&-
else
  dotnet "$server" &
  children+=($!)
fi

if [ -n "$turn" ]; then
  certificate=${Tls__Certificate:-$data/tls/certificate.pem}
  # The server makes the certificate at its first start, before it opens its port.
  until [ -s "$certificate" ] || ! kill -0 "${children[0]}" 2>/dev/null; do sleep 0.1; done
  if kill -0 "${children[0]}" 2>/dev/null; then
    turnserver -c "$data/turn/turnserver.conf" </dev/null >/dev/null 2>&1 &
    relay=$!
    children+=("$relay")
  fi
fi

# The server's end is the end; when only the relay ends, calls that need none go on.
code=0
while kill -0 "${children[0]}" 2>/dev/null; do
  wait -n || true
  if [ -n "$relay" ] && ! kill -0 "$relay" 2>/dev/null && kill -0 "${children[0]}" 2>/dev/null; then
    echo "the relay has ended: see $data/turn/turnserver.log (is port $turn_port or $turns_port taken? --turn-port, --turns-port)" >&2
    relay=
  fi
done
wait "${children[0]}" || code=$?
exit "$code"
