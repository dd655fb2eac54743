#!/usr/bin/env bash
# The hooks of .pre-commit-hooks.yaml: runs headlock once in each project that a changed file belongs to.
#
#     headlock.sh lock-check [OPTION…] FILE…      headlock.sh verify [OPTION…] FILE…
#
# A project is a folder with a headlock.toml or a headlock.lock; a file belongs to the nearest one above it. Options are
# headlock's own, as `--name=value` or `--name`.
set -euo pipefail
export LC_ALL=C
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() {
    printf '%s\n' "$1" >&2
}

# shown TEXT: a name as it can be printed, whatever is in it.
shown() {
    printf '%s' "$1" | tr '\000-\037\177' '?'
}

# find_program: a headlock that is named, that was built from this checkout before, or that is on the path with this
# checkout's version; else it is built, which takes some minutes, once.
find_program() {
    local built=$here/target/hook/bin/headlock found wanted
    if [ -n "${HEADLOCK:-}" ]; then
        program=$HEADLOCK
        return
    fi
    if [ -x "$built" ]; then
        program=$built
        return
    fi
    wanted=$(sed -n 's/^version = "\(.*\)"$/headlock \1/p' "$here/Cargo.toml")
    found=$(command -v headlock || true)
    if [ -n "$found" ] && [ -n "$wanted" ] && [ "$("$found" --version 2> /dev/null || true)" = "$wanted" ]; then
        program=$found
        return
    fi
    if ! command -v cargo > /dev/null; then
        say "error: there is no $wanted: none in HEADLOCK, none on the path, and no cargo to build it"
        exit 4
    fi
    say "building $wanted, once"
    # In the checkout's folder, for the toolchain that it names.
    if ! (cd -- "$here" && env -u RUSTUP_TOOLCHAIN -u RUSTFLAGS -u CARGO_TARGET_DIR \
        cargo install --locked --quiet --path host --bin headlock --root target/hook >&2); then
        say "error: headlock could not be built, so nothing was checked"
        exit 4
    fi
    program=$built
}

# there PATH: whether there is anything, be it a link that leads nowhere, which is a file that cannot be read.
there() {
    [ -e "$1" ] || [ -L "$1" ]
}

# is_project FOLDER
is_project() {
    there "$1/headlock.toml" || there "$1/headlock.lock"
}

# projects FILE…: the projects that the files belong to, each once, each ended by a NUL.
projects() {
    local file folder
    for file in "$@"; do
        folder=.
        case $file in */*) folder=./${file%/*} ;; esac
        while ! is_project "$folder" && [ "$folder" != . ]; do folder=${folder%/*}; done
        if is_project "$folder"; then printf '%s\0' "$folder"; fi
    done | sort -zu
}

# uncommitted FOLDER: whether there is a lock that the commit would leave behind.
uncommitted() {
    there "$1/headlock.lock" && git rev-parse --git-dir > /dev/null 2>&1 &&
        [ -n "$(git ls-files --others --exclude-standard -- "$1/headlock.lock")" ]
}

# lock_check FOLDER
lock_check() {
    if ! there "$1/headlock.toml"; then
        printf '%s: no manifest beside the lock, nothing to compare it with\n' "$(shown "$1")"
        return 0
    fi
    if uncommitted "$1"; then
        say "error: $(shown "$1")/headlock.lock is not committed: \`git add\` it"
        return 3
    fi
    "$program" -C "$1" ${options[@]+"${options[@]}"} lock --check
}

# verify FOLDER
verify() {
    if ! there "$1/headlock.lock"; then
        say "error: $(shown "$1") has no headlock.lock: \`headlock lock\` writes one"
        return 3
    fi
    local code=0
    "$program" -C "$1" verify ${options[@]+"${options[@]}"} || code=$?
    if [ "$code" -eq 4 ]; then say "$(shown "$1"): could not be checked, which says nothing of the lock"; fi
    return "$code"
}

what=${1:-}
if [ $# -gt 0 ]; then shift; fi
options=()
# Options come first. Files are named from the repository's folder, so that one whose name begins like an option could be
# taken for it, or an option for the file: then neither is.
while [ $# -gt 0 ] && [[ $1 == --* ]]; do
    if [ -e "./$1" ] || [ -L "./$1" ]; then
        say "error: $(shown "$1") is a file, and what the hook was told may be an option of that name: rename the file"
        exit 2
    fi
    case $1 in
        # Paths are from the repository's folder here, and from the project's for headlock.
        --trust=[!/]* | --bundle=[!/]*) options+=("${1%%=*}=$PWD/${1#*=}") ;;
        *) options+=("$1") ;;
    esac
    shift
done

find_program
worst=0
while IFS= read -r -d '' project; do
    code=0
    case $what in
        lock-check) lock_check "$project" || code=$? ;;
        verify) verify "$project" || code=$? ;;
        *)
            say 'error: expected lock-check or verify'
            exit 2
            ;;
    esac
    if [ "$code" -ne 0 ]; then
        say "^ $(shown "$project"): exit code $code"
        if [ "$worst" -eq 0 ]; then worst=$code; fi
    fi
done < <(projects "$@")
exit "$worst"
