# shellcheck shell=bash
# Sourced by the bash of a step that is to be killed in the middle: when headlock is to sign.
trap 'case $BASH_COMMAND in "headlock attest"*) ls "$RUNNER_TEMP" > "$HOME/seen"; kill -9 $$ ;; esac' DEBUG
