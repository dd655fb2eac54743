#!/usr/bin/env bash
# Removes what the steps may have left if they were killed: the key, and what headlock said.
# shellcheck source=ci/action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
rm -f -- "$RUNNER_TEMP"/headlock-key.* "$RUNNER_TEMP"/headlock-said.*
