#!/usr/bin/env bash
# What an image of the server is made of, step by step; deploy/Dockerfile runs these, and so do tests.
#
#   image.sh build         compiles the server with Swift's runtime inside
#   image.sh root FOLDER   puts what the image has into a folder: the server, the libraries it is linked to, and nothing else
#   image.sh try FOLDER    runs the server where there is nothing but that folder, as nobody, and has it answer
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=${IMAGE_SCRATCH:-.build/image}

build() {
    swift build -c release --static-swift-stdlib --product portcullis --scratch-path "$scratch"
    strip -o "$scratch/portcullis" "$(swift build -c release --static-swift-stdlib --show-bin-path --scratch-path "$scratch")/portcullis"
}

# Copies a file to where it is, links followed.
copy() {
    mkdir -p "$2$(dirname "$1")"
    cp -L "$1" "$2$1"
}

root() {
    local root=$1 library
    rm -rf "$root"
    mkdir -p "$root"/{etc/ssl/certs,tmp,usr/bin,usr/lib/ssl,var/lib/portcullis}
    install -m 0755 "$scratch/portcullis" "$root/usr/bin/portcullis"
    # The loader stands in the list as well, without an arrow.
    ldd "$scratch/portcullis" | grep -o '/[^ ]*' | while read -r library; do copy "$library" "$root"; done
    # Whom the services that hooks ask are trusted by, where OpenSSL looks.
    copy /etc/ssl/certs/ca-certificates.crt "$root"
    ln -sfn /etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
    echo 'nonroot:x:65532:65532:nonroot:/var/lib/portcullis:/' >"$root/etc/passwd"
    echo 'nonroot:x:65532:' >"$root/etc/group"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
    chmod 1777 "$root/tmp"
    chmod 0777 "$root/var/lib/portcullis"
}

try() {
    # Who may not make a root of one's own asks for it.
    if [ "$(id -u)" != 0 ]; then exec sudo -E "$PWD/deploy/image.sh" try "$1"; fi
    local root=$1 place pid
    place=$(mktemp -d)
    cp -a "$root/." "$place/"
    # Every container has one; programs learn from it what they were called with.
    mkdir "$place/proc"
    mount -t proc proc "$place/proc"
    # shellcheck disable=SC2064
    trap "umount '$place/proc' && rm -rf '$place'" EXIT
    local inside=(chroot --userspec=65532:65532 "$place" /usr/bin/portcullis)
    mkdir -m 0777 "$place/rules" "$place/certs"
    cp deploy/rules/*.yaml "$place/rules/"
    "${inside[@]}" version
    "${inside[@]}" check /rules
    "${inside[@]}" certs dev /certs
    "${inside[@]}" serve --certificate /certs/server.crt --key /certs/server.key --rules /rules --listen 127.0.0.1:18443 \
        --admin-listen 127.0.0.1:19090 --state /var/lib/portcullis &
    pid=$!
    for _ in $(seq 100); do
        if curl -sf --max-time 2 http://127.0.0.1:19090/readyz >/dev/null; then break; fi
        sleep 0.1
    done
    local review='{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"a","operation":"CREATE","userInfo":{},"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"hostNetwork":true,"containers":[]}}}}'
    curl -sf --max-time 5 --cacert "$place/certs/ca.crt" -H 'Content-Type: application/json' -d "$review" https://localhost:18443/validate |
        grep -o '"allowed":[a-z]*'
    kill "$pid"
    wait "$pid"
    echo "ended with $?"
}

case ${1:-} in
    build) build ;;
    root | try) "$1" "${2:?say which folder}" ;;
    *)
        echo "usage: deploy/image.sh build|root FOLDER|try FOLDER" >&2
        exit 2
        ;;
esac
