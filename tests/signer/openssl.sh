#!/bin/sh
# Signs what is on standard input with the Ed25519 key in the PEM file $1, and writes the 64 bytes of the signature.
set -eu
text=$(mktemp)
trap 'rm -f "$text"' EXIT
cat > "$text"
openssl pkeyutl -sign -inkey "$1" -rawin -in "$text"
