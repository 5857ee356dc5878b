#!/usr/bin/env bash
# From a fresh clone to a server on https://localhost:8443 with certificates of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh build
swift build -c release --product portcullis
portcullis=$(swift build -c release --show-bin-path)/portcullis
[ -f certs-dev/server.crt ] || "$portcullis" certs dev certs-dev

review() {
    echo "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"1\",\"kind\":{\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"version\":\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"operation\":\"CREATE\",\"userInfo\":{},\"object\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"registry/web:1\"$1}]}}}}"
}
ask="curl --cacert $PWD/certs-dev/ca.crt -H 'Content-Type: application/json' https://localhost:8443/validate -d"
cat <<TEXT

Try, from another terminal:

  a review:     $ask '$(review '')'

  a worse one:  $ask '$(review ',"securityContext":{"privileged":true}')'

  the metrics:  curl http://localhost:9090/metrics

TEXT
exec "$portcullis" serve --certificate certs-dev/server.crt --key certs-dev/server.key --hooks benchmark-pod-checks "$@"
