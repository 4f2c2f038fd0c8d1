#!/bin/bash
# Measures check-ins of airlock-server beside nginx serving 1 KB of static JSON: both over TLS 1.3
# with keep-alive on core 0, wrk on core 1, in turns, of which every other begins with ours. Prints each
# round, and the median of the ratios with their spread. Beside each rate stands how busy the server's
# core was: below about 95 % the client was the limit, and the ratio says less than the server could.
#
# Usage: tools/bench_checkin.sh BIN_FOLDER REPOSITORY MANIFEST_DIGEST [ROUNDS] [SECONDS]
# The repository holds a published firmware release with this digest; 50 rollouts of it are made.
set -euo pipefail
bin=$(realpath "$1") repo=$(realpath "$2") manifest=$3 rounds=${4:-9} seconds=${5:-5}
work=$(mktemp -d)
server=0
finish() {
  [ "$server" = 0 ] || kill "$server" 2>/dev/null || true
  [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \
  -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -addext extendedKeyUsage=serverAuth,clientAuth 2>/dev/null

mkdir www
python3 -c 'print("{\"pad\":\"" + "x" * 1013 + "\"}", end="")' > www/answer.json
cat > nginx.conf <<CONF
worker_processes 1; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work;
  uwsgi_temp_path $work; scgi_temp_path $work;
  server { listen 127.0.0.1:19443 ssl; ssl_protocols TLSv1.3; root $work/www;
    ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; }
}
CONF
taskset -c 0 nginx -c "$work/nginx.conf"

taskset -c 0 "$bin/airlock-server" run --repo "$repo" --data data --listen 127.0.0.1:19444 \
  --admin-listen 127.0.0.1:19445 --tls-cert cert.pem --tls-key key.pem --admin-ca cert.pem \
  > server.out 2> server.log &
server=$!
until grep -q listening server.out; do sleep 0.1; done
for number in $(seq 50); do # one that offers, and 49 of it for others' regions
  where=(); [ "$number" = 50 ] || where=(--region "region-$number")
  "$bin/airlock" rollout create --manifest "$manifest" --share 100 --why bench "${where[@]}" \
    --admin https://127.0.0.1:19445 --cert cert.pem --key key.pem --ca cert.pem > /dev/null
done
cat > check_in.lua <<'LUA'
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"duid":"abcdefghijklmnopqrstuvwxyz234567","model":"demo-wallet","version":"0.0.1",' ..
  '"security_version":1,"bootloader":0,"region":"de","group":"beta","images":{"mcu":"' ..
  string.rep("ab", 32) .. '"}}'
LUA
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# Prints "rate busy%" of the process with this id.
rate() {
  local id=$1 before after; shift
  before=$(ticks "$id")
  taskset -c 1 wrk -t2 -c128 -d"${seconds}s" "$@" > wrk.out
  after=$(ticks "$id")
  if grep -q Non-2xx wrk.out; then cat wrk.out >&2; return 1; fi
  awk -v t=$((after - before)) -v s="$seconds" -v hz="$(getconf CLK_TCK)" \
    '/Requests\/sec/ { printf "%s %.0f\n", $2, 100 * t / hz / s }' wrk.out
}
worker=$(pgrep -P "$(cat "$work/nginx.pid")" | head -1)
ours() { rate "$server" -s check_in.lua https://127.0.0.1:19444/v1/check-in; }
other() { rate "$worker" https://127.0.0.1:19443/answer.json; }
ours > /dev/null && other > /dev/null # warm
for round in $(seq "$rounds"); do
  if [ $((round % 2)) = 0 ]; then a=$(ours); b=$(other); else b=$(other); a=$(ours); fi
  echo "$a $b" | awk '{ printf "check-in %.0f/s (core %d%% busy)  nginx %.0f/s (core %d%% busy)  ratio %.3f\n",
    $1, $2, $3, $4, $1 / $3 }' | tee -a rounds
done
awk '{ print $NF }' rounds | sort -n |
  awk '{ r[NR] = $1 } END { print "median ratio", r[int((NR + 1) / 2)], "spread", r[1] ".." r[NR], "in", NR, "rounds" }'
