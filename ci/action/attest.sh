#!/usr/bin/env bash
# Verifies once more and signs a statement of it, or writes the statement for others to sign.
# The key goes into no other program's environment, from here on.
key=${KEY-}
unset KEY
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=ci/action/common.sh
source "$here/common.sh"
# shellcheck source=ci/action/run.sh
source "$here/run.sh"

options=(--trust "$TRUST" --engine "$ENGINE" -o "$ATTESTATION")
if [ -n "$BUNDLE" ]; then options+=(--bundle "$BUNDLE"); fi
if [ "$ATTEST" = statement ]; then
    options+=(--statement-only)
elif [ -n "$KEY_FILE" ]; then
    options+=(--key "$KEY_FILE")
else
    # The key is in a file that nobody else may read, as long as this step takes, however it ends.
    umask 077
    key_file=$(mktemp "$RUNNER_TEMP/headlock-key.XXXXXX")
    trap 'rm -f -- "$key_file"' EXIT
    trap 'exit 4' HUP INT TERM
    printf '%s\n' "$key" > "$key_file"
    options+=(--key "$key_file")
fi
code=0
headlock attest "${options[@]}" || code=$?
if [ "$code" -eq 0 ] && ! [ -s "$ATTESTATION" ]; then
    echo 'error: headlock ended well and wrote no attestation' > "$said"
    shown < "$said"
    code=4
fi
if [ "$code" -ne 0 ]; then
    # What was verified before is not unsaid; but what was asked for is not there.
    markdown '### headlock: no attestation was written' ''
    report "$code"
    exit "$code"
fi
output attestation "$ATTESTATION"
case $ATTEST in
    statement) markdown '**Statement**, not signed yet: a verification as above, for others to sign' ;;
    *) markdown '**Attestation**, signed: a verification as above, made again by the program that signed' ;;
esac
sigstore=${ATTESTATION%.intoto.json}.sigstore.json
for file in "$ATTESTATION" "$sigstore"; do
    if [ "$ATTEST" = true ] || [ "$file" = "$ATTESTATION" ]; then
        if [ -f "$file" ]; then printf '%s, sha256 %s\n' "$file" "$(sha256sum < "$file" | cut -d ' ' -f 1)"; fi
    fi
done | block
