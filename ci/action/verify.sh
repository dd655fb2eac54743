#!/usr/bin/env bash
# Derives the lock again and compares.
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=ci/action/common.sh
source "$here/common.sh"
# shellcheck source=ci/action/run.sh
source "$here/run.sh"

options=(--engine "$ENGINE")
if [ -n "$TRUST" ]; then options+=(--trust "$TRUST"); fi
if [ -n "$BUNDLE" ]; then options+=(--bundle "$BUNDLE"); fi
code=0
headlock verify "${options[@]}" || code=$?
report "$code"
exit "$code"
