#!/usr/bin/env bash
# Whether manifest and lock go together. Uses no network.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=ci/action/common.sh
source "$here/common.sh"
# shellcheck source=ci/action/run.sh
source "$here/run.sh"

# A lock may lie by itself, to be verified. A link that leads nowhere is a manifest that cannot be read.
if ! [ -e "$MANIFEST" ] && ! [ -L "$MANIFEST" ] && [ -e "$LOCK" ]; then
    echo 'there is no manifest beside the lock, so there is nothing to compare it with'
    exit 0
fi
code=0
headlock lock --check || code=$?
# What goes together is left to the next step, to say what it is worth.
if [ "$code" -ne 0 ]; then report "$code"; fi
exit "$code"
