# shellcheck shell=bash
# shellcheck disable=SC2016  # backquotes in what is said are Markdown's
# What the action's steps share. Sourced by each of them.
set -euo pipefail
# Bytes are bytes: no locale decides what is a letter or a control character.
export LC_ALL=C

# The runner's files for outputs and for the job's summary; beside no runner nobody reads either.
: "${GITHUB_OUTPUT:=/dev/null}" "${GITHUB_STEP_SUMMARY:=/dev/null}"
: "${RUNNER_TEMP:?expected the folder for temporary files in RUNNER_TEMP}"

# Longest text and most lines of a command's output that stand in a summary, which may have a mebibyte.
readonly MAX_LINE=600 MAX_LINES=40

# output NAME VALUE: an output of this step, of one line. Another value is none: what is left out of a path names another file.
output() {
    if ! plain "$2"; then
        printf '::error title=headlock::%s\n' "the output $1 would have control characters"
        exit 4
    fi
    printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# markdown TEXT…: lines for the job's summary. Nothing from an input, a lock or a registry goes in here but through `block`.
markdown() {
    printf '%s\n' "$@" >> "$GITHUB_STEP_SUMMARY"
}

# printable: text from anywhere, without bytes that are no text, control characters, and marks that reorder or hide.
printable() {
    tr -d '\000-\010\013-\037\177' | { iconv -c -f UTF-8 -t UTF-8 || true; } |
        sed -e 's/\xc2[\x80-\x9f]//g' -e 's/\xe2\x80[\x8b-\x8f\xa8-\xae]//g' -e 's/\xe2\x81[\xa0-\xaf]//g'
}

# html: text from anywhere, as HTML that shows just that text.
html() {
    printable | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g' -e "s/'/\\&#39;/g"
}

# block: what comes, for the job's summary, as it is. Inside `pre` no Markdown is read, and nothing ends it that is escaped.
block() {
    local text count
    text=$(tr -d '\000')
    count=$(printf '%s\n' "$text" | wc -l)
    markdown ''
    {
        # Each of these reads to the end: nobody's pipe breaks.
        printf '<pre>'
        printf '%s\n' "$text" | sed -n "1,${MAX_LINES}p" | cut -b "-$MAX_LINE" | html
        if [ "$count" -gt "$MAX_LINES" ]; then printf '… and %d more lines, which the log of this step has\n' $((count - MAX_LINES)); fi
        printf '</pre>\n'
    } >> "$GITHUB_STEP_SUMMARY"
    markdown ''
}

# data TEXT, property TEXT: as a workflow command holds them.
data() {
    local text=$1
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    printf '%s' "${text//$'\n'/%0A}"
}
property() {
    local text
    text=$(data "$1")
    text=${text//:/%3A}
    printf '%s' "${text//,/%2C}"
}

# shown: prints what comes where the runner takes no line of it for a command. The word that ends this is chosen after all
# that is shown was written, so nothing of it can hold the word.
shown() {
    local text token
    text=$(printable)
    token=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n%s\n::%s::\n' "$token" "$text" "$token"
}

# plain TEXT: whether it is one line without control characters.
plain() {
    case $1 in *[[:cntrl:]]*) return 1 ;; esac
}

# usage TEXT HINT: wrong inputs end the step.
usage() {
    output verdict malformed
    output exit-code 2
    printf '::error title=headlock::%s\n' "$(data "$1: $2")"
    markdown '### headlock: wrong inputs of the action' '' 'Nothing was checked.'
    printf '%s\n' "error: $1" "  hint: $2" | block
    exit 2
}
