#!/usr/bin/env bash
# shellcheck disable=SC2016  # backquotes in what is said are Markdown's
# Looks at the action's inputs, and says to the steps after it which folder, files and program they work with.
# shellcheck source=ci/action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

workspace=${GITHUB_WORKSPACE:-$PWD}

for name in DIRECTORY MANIFEST TRUST BUNDLE ENGINE OFFLINE PROGRAM CACHE ATTEST KEY_FILE ATTESTATION; do
    value="INPUT_$name"
    value=${!value-}
    plain "$value" || usage "the input for $name has control characters" 'paths and words have none'
done

# word NAME VALUE WORD…: the value must be one of the words.
word() {
    local name=$1 value=$2 known
    shift 2
    for known in "$@"; do
        if [ "$value" = "$known" ]; then return; fi
    done
    usage "the input \`$name\` is \"$value\"" "expected one of: $*"
}
word engine "$INPUT_ENGINE" cranelift pulley all
word offline "$INPUT_OFFLINE" true false
word cache "$INPUT_CACHE" true false
word attest "$INPUT_ATTEST" true false statement

# absolute FOLDER PATH: the path, which starts in that folder; nothing of nothing.
absolute() {
    case $2 in
        '' | /*) printf '%s' "$2" ;;
        *) printf '%s' "$1/$2" ;;
    esac
}

# real PATH WHAT: the path without links, in $real. One with control characters is refused: what takes a line feed away that
# ends a name, as the shell does, would be told of another file.
real() {
    real=$(realpath -m -- "$1" && printf x)
    real=${real%$'\n'x}
    plain "$real" || usage "$2 leads to a path with control characters" 'look at what it links to'
}

directory=$(absolute "$workspace" "${INPUT_DIRECTORY:-.}")
if ! [ -d "$directory" ]; then
    usage "there is no folder $INPUT_DIRECTORY" 'the input `working-directory` names the project, from the workspace'
fi
real "$directory" 'the input `working-directory`'
directory=$real
manifest=$(absolute "$directory" "${INPUT_MANIFEST:-headlock.toml}")
lock=$(dirname -- "$manifest")/headlock.lock
trust=$(absolute "$workspace" "$INPUT_TRUST")
if [ -n "$trust" ] && ! [ -f "$trust" ]; then
    usage "there is no trust file $INPUT_TRUST" 'the input `trust` names it, from the workspace; was it checked out?'
fi

# checkout FOLDER: the checkout that the folder belongs to. A submodule, whose `.git` is a file, belongs to the one around it,
# which says at which commit it is. What is no checkout is one with the rest of the workspace.
checkout() {
    local folder=$1
    while [ "$folder" != / ]; do
        if [ -d "$folder/.git" ] || [ "$folder" = "$real_workspace" ]; then break; fi
        folder=$(dirname -- "$folder")
    done
    printf '%s' "$folder"
}

if [ -z "$trust" ]; then
    basis=beside
else
    real "$workspace" 'the workspace'
    real_workspace=$real
    real "$(dirname -- "$lock")" 'the input `manifest-path`'
    of_lock=$(checkout "$real")
    real "$trust" 'the input `trust`'
    trust=$real of_trust=$(checkout "$(dirname -- "$real")")
    if [ "$of_trust" = "$of_lock" ]; then basis=same-checkout; else basis=given; fi
fi

attestation=headlock.lock.intoto.json
if [ "$INPUT_ATTEST" = statement ]; then attestation=headlock.lock.statement.json; fi
if [ "$INPUT_ATTEST" != false ] && [ -z "$trust" ]; then
    usage 'an attestation is asked for, and no trust file is named' \
        'the input `trust` names whom the attestation rests on: with the file beside the lock it would rest on whoever wrote the lock'
fi
if [ "$INPUT_ATTEST" = true ]; then
    # Who is trusted with the key: whoever could start these events could write to the repository anyway.
    case ${GITHUB_EVENT_NAME:-} in
        push | schedule | workflow_dispatch | repository_dispatch | release) ;;
        *)
            usage "an attestation would be signed at the event ${GITHUB_EVENT_NAME:-(none)}" \
                'sign at push, schedule, workflow_dispatch, repository_dispatch or release, never what a pull request brings; `attest: false` verifies, without any secret'
            ;;
    esac
    hint='name a secret as the input `key`, or a file as `key-file`; `attest: statement` needs neither, and is for other signers'
    case $INPUT_HAS_KEY,$INPUT_KEY_FILE in
        false,) usage 'an attestation is to be signed, and there is no key' "$hint" ;;
        true,?*) usage 'an attestation is to be signed with one key, and there are two' "$hint" ;;
    esac
fi

# A program is known by all that it was built from, and by the system whose libraries it uses.
sources() {
    cd -- "$GITHUB_ACTION_PATH"
    uname -sm
    getconf GNU_LIBC_VERSION || true
    find Cargo.toml Cargo.lock rust-toolchain.toml .cargo host log solver wit -type f ! -path '*/target/*' -print0 | sort -z | xargs -0 sha256sum
}
cache=false
if [ -n "$INPUT_PROGRAM" ]; then
    program=$(absolute "$workspace" "$INPUT_PROGRAM")
    root=''
    key=''
else
    key=headlock-$(sources | sha256sum | cut -d ' ' -f 1)
    root=$RUNNER_TEMP/$key
    # What signs is built here, in a folder that nothing is restored into: whoever can write the cache could put another program
    # in its place.
    if [ "$INPUT_ATTEST" != false ]; then root=$root-signs; fi
    program=$root/bin/headlock
    if [ "$INPUT_CACHE" = true ] && [ "$INPUT_ATTEST" = false ]; then cache=true; fi
fi

output manifest "$manifest"
output lock "$lock"
output trust "$trust"
output basis "$basis"
output bundle "$(absolute "$workspace" "$INPUT_BUNDLE")"
output key-file "$(absolute "$workspace" "$INPUT_KEY_FILE")"
output attestation "$(absolute "$workspace" "${INPUT_ATTESTATION:-$(dirname -- "$lock")/$attestation}")"
output program "$program"
output root "$root"
output cache "$cache"
output cache-key "$key"
