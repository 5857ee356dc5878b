#!/usr/bin/env bash
# From a fresh clone to a server on https://localhost:8443 with certificates of its own and the example rules.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install.sh build
swift build -c release --product portcullis
portcullis=$(swift build -c release --show-bin-path)/portcullis
[ -f certs-dev/server.crt ] || "$portcullis" certs dev certs-dev

# A review of a Pod to be created; the argument is what its container has besides.
pod() {
    echo "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"1\",\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},\"name\":\"web\",\"namespace\":\"default\",\"operation\":\"CREATE\",\"userInfo\":{\"username\":\"me\"},\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"registry.example.com/web:1\",\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"64Mi\"}}$1}]}}}}"
}
ask="curl --cacert $PWD/certs-dev/ca.crt -H 'Content-Type: application/json' https://localhost:8443"
cat <<TEXT

Try, from another terminal:

  allowed:      $ask/validate -d '$(pod '')'

  denied:       $ask/validate -d '$(pod ',"securityContext":{"privileged":true}')'

  changed:      $ask/mutate -d '$(pod '')'

  the metrics:  curl http://localhost:9090/metrics

The rules are those of deploy/rules; edit one, and it is served at once.

TEXT
exec "$portcullis" serve --certificate certs-dev/server.crt --key certs-dev/server.key --rules deploy/rules "$@"
