#!/usr/bin/env bash
# shellcheck disable=SC2016  # backquotes in what is said are Markdown's
# Sees to it that the program is there: it is named, it was taken from the cache or built before, or it is built from the
# action's own checkout.
# shellcheck source=ci/action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# missing TEXT HINT: without the program nothing is known of the lock.
missing() {
    output verdict could-not-check
    output exit-code 4
    printf '::error title=headlock could not be run::%s\n' "$(data "$1: $2")"
    markdown '### headlock: could not be checked' '' 'headlock itself is not there. Nothing is known of the lock.'
    printf '%s\n' "error: $1" "  hint: $2" | block
    exit 4
}

if [ -z "$ROOT" ]; then
    from='named by the input `headlock`'
elif [ -x "$PROGRAM" ]; then
    from='built before in this job, from the source of this action'
    if [ "${CACHE_HIT:-}" = true ]; then from='from the cache, where a job before this one put it'; fi
else
    command -v cargo > /dev/null || missing 'cargo is not there to build headlock' 'install rustup before this action, or name a program by the input `headlock`'
    # In the checkout's folder, for the toolchain that it names; without what the workflow sets for the project's own builds.
    begun=$SECONDS
    (
        cd -- "$GITHUB_ACTION_PATH" || exit
        unset RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR \
            CARGO_BUILD_TARGET_DIR CARGO_BUILD_BUILD_DIR RUSTC_WRAPPER CARGO_BUILD_RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTC
        cargo install --locked --path host --bin headlock --root "$ROOT" --target-dir "$RUNNER_TEMP/headlock-target" 2>&1
    ) || missing 'headlock could not be built' 'the log of this step says why'
    rm -rf -- "$RUNNER_TEMP/headlock-target"
    from="built in this job, from the source of this action, in $((SECONDS - begun)) s"
fi

if ! version=$("$PROGRAM" --version 2>&1); then
    missing "the program ${PROGRAM##*/} does not say its version" 'is it headlock, for this system?'
fi
# One line, whatever the program is.
version=$(printf '%s' "$version" | head -n 1 | tr -cd '[:alnum:] .+-')
case $version in
    'headlock '*) ;;
    *) missing "the program ${PROGRAM##*/} is not headlock" 'the input `headlock` names one' ;;
esac
sha256=$(sha256sum < "$PROGRAM" | cut -d ' ' -f 1)
printf '%s, sha256 %s, %s\n' "$version" "$sha256" "$from" | shown
output program-is "$version, sha256 $sha256, $from"
