#!/usr/bin/env bash
# From a fresh clone to a server on https://localhost:8443 with certificates of its own and the example rules.
#
#   dev.sh [--port N] [--admin-port N] [OPTION OF portcullis serve]…
#
# The ports (8443 and 9090 unless said otherwise) are those of this machine alone. Certificates that are there are kept.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "deploy/dev.sh: $1" >&2
    exit 2
}

port=8443 admin=9090
while [ $# -gt 0 ]; do
    case $1 in
        --port | --admin-port)
            [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 must be the number of a port, not '${2:-}'"
            if [ "$1" = --port ]; then port=$2; else admin=$2; fi
            shift 2
            ;;
        *) break ;;
    esac
done

# Somebody else's port is found out about before a build of minutes, and before the lines below would ask somebody else. The
# server itself would share the port with another one of the same user.
for number in "$port" "$admin"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; then
        fail "port $number is taken: end who has it, or choose others: deploy/dev.sh --port 9443 --admin-port 9190"
    fi
done

deploy/install.sh build
swift build -c release --product portcullis
portcullis=$(swift build -c release --show-bin-path)/portcullis
[ -f certs-dev/server.crt ] || "$portcullis" certs dev certs-dev

# As a shell reads it, whatever folder this is.
here=$(printf %q "$PWD")
ask="curl -w '\n' --cacert $here/certs-dev/ca.crt -H 'Content-Type: application/json'"
reviews=$here/deploy/reviews
cat <<TEXT

Try, from another terminal:

  allowed:  $ask -d @$reviews/pod.json https://localhost:$port/validate
  denied:   $ask -d @$reviews/privileged-pod.json https://localhost:$port/validate
  changed:  $ask -d @$reviews/pod.json https://localhost:$port/mutate
  metrics:  curl http://localhost:$admin/metrics

The rules are those of deploy/rules; edit one, and it is served at once. Ctrl-C ends the server.

TEXT
exec "$portcullis" serve --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" --certificate certs-dev/server.crt \
    --key certs-dev/server.key --rules deploy/rules "$@"
