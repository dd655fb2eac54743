# shellcheck shell=bash
# shellcheck disable=SC2016  # backquotes in what is said are Markdown's
# Running headlock, and saying what its exit code means. Sourced by the steps that run it, after common.sh.

# headlock COMMAND…: runs it, keeps what it says in the file $said, and prints that. Ends as it does.
said=$(mktemp "$RUNNER_TEMP/headlock-said.XXXXXX")
headlock() {
    local code=0 options=(--manifest-path "$MANIFEST")
    # A lock may lie by itself; any other manifest that is named has to be there.
    if ! [ -e "$MANIFEST" ] && ! [ -L "$MANIFEST" ] && [ -e "$LOCK" ] && [ "${MANIFEST##*/}" = headlock.toml ]; then
        options=(-C "$(dirname -- "$MANIFEST")")
    fi
    if [ "${OFFLINE:-false}" = true ]; then options+=(--offline); fi
    "$PROGRAM" "${options[@]}" "$@" 2>&1 | printable > "$said" || code=$?
    shown < "$said"
    return "$code"
}

# verdict CODE: what the exit code says, in a word.
verdict() {
    case $1 in
        0) if [ "$BASIS" = beside ]; then echo consistent; else echo verified; fi ;;
        1) echo no ;;
        2) echo malformed ;;
        3) echo not-current ;;
        5) echo refused ;;
        # 4, and whatever headlock never ends in: it was killed, or is not there.
        *) echo could-not-check ;;
    esac
}

# heading VERDICT: the first line of a summary.
heading() {
    case $1 in
        verified) echo 'verified' ;;
        consistent) echo 'consistent with the trust file that lies beside the lock' ;;
        no) echo 'the answer is no' ;;
        malformed) echo 'a file or an option is malformed' ;;
        not-current) echo 'the lock is missing or not current' ;;
        refused) echo 'refused' ;;
        could-not-check) echo 'could not be checked' ;;
    esac
}

# meaning VERDICT: what it says, and what it does not.
meaning() {
    case $1 in
        verified) echo 'The lock was derived again from its inputs, heads and solver, and is the same to the byte.' ;;
        consistent) echo 'The lock was derived again from its inputs, heads and solver, and is the same to the byte. But whoever wrote the lock may have written the trust file, too: nobody else vouches for the heads and the solver.' ;;
        no)
            if [ -n "$(differences)" ]; then
                echo 'The lock was derived again from its inputs, heads and solver, and something else came out.'
            else
                echo 'headlock checked, and something that the lock rests on does not hold.'
            fi
            ;;
        malformed) echo 'A manifest, lock, trust file or bundle is not what such a file is, or headlock was called wrongly. Nothing was derived.' ;;
        not-current) echo 'There is no lock, or manifest and lock do not go together. Nothing was derived, so this says nothing of how the lock was made.' ;;
        refused) echo 'The lock rests on a key, a quorum of signatures or a solver that the trust file does not accept. What it locks was not derived.' ;;
        could-not-check) echo 'This is no verdict: nothing is known of the lock, good or bad. Something that the check needs was not to be had.' ;;
    esac
}

# advice VERDICT: what to do.
advice() {
    case $1 in
        no) echo 'If entries of the lock differ, find out who changed them (`git log -p headlock.lock`): a lock is written by `headlock lock` or `headlock update` and never by hand. `headlock lock --restore` writes what the lock'\''s inputs, heads and solver lead to. If a log or a registry contradicts itself, do not use what it serves, and keep what headlock wrote down of it.' ;;
        malformed) echo 'The message names the file and the line. Locks have one encoding: restore the file from its history, or rebuild it with `headlock lock --restore`.' ;;
        not-current) echo 'Run `headlock lock` in the project, and commit `headlock.toml` and `headlock.lock` together. `headlock lock --check` compares the two without a network.' ;;
        refused) echo 'Do not add what is refused to the trust file only to get past this. If its owner has announced a new key or solver, and you believe that, add it there: in the trust file that this check names, by somebody who may change it.' ;;
        could-not-check) echo 'Run the job again. If a registry is away, verify from a copy: the inputs `bundle` (of `headlock bundle`), or a trust file that names mirrors. If the solver ran out of its budget or of time, the message says which to raise.' ;;
        *) ;;
    esac
}

# differences: the entries that are not what they should be, a line each; of a verdict that says so.
differences() {
    case $verdict in no | not-current) ;; *) return ;; esac
    sed -n 's/^  \(.*: expected .*, found .*\)$/\1/p; s/^only in the \(.*\)$/only in the \1/p' "$said"
}

# place_of DIFFERENCE: the file and the line with the entry that it is about, in $file and $line; 1 where it is no single line.
place_of() {
    local entry='^package ([^ ]+) of ([^ ,]+)(: |, )' only='^only in the (manifest|lock): ([^ ]+) "' text=''
    file=$LOCK line=''
    if [[ $1 =~ $entry ]]; then
        line=$(NAME="name = \"${BASH_REMATCH[1]}\"" REGISTRY="registry = \"${BASH_REMATCH[2]%:}\"" awk '
            /^\[/ { inside = ($0 == "[[package]]"); registry = 0 }
            inside && $0 == ENVIRON["REGISTRY"] { registry = 1 }
            inside && registry && $0 == ENVIRON["NAME"] { print NR; exit }
        ' "$LOCK" 2> /dev/null || true)
    else
        case $1 in
            "the problem's "*) text='[problem]' ;;
            "the outcome's "* | "the consumer's "*) text='[outcome]' ;;
            'only in the manifest: '*) file=$MANIFEST ;;
        esac
        if [[ $1 =~ $only ]]; then text="\"${BASH_REMATCH[2]}\""; fi
        if [ -n "$text" ]; then
            line=$(TEXT=$text awk 'index($0, ENVIRON["TEXT"]) { print NR; exit }' "$file" 2> /dev/null || true)
        fi
    fi
    line=${line:-1}
}

# annotate FILE LINE TEXT: an error at a line of a file of the workspace.
annotate() {
    local file=$1 place=''
    case $file in
        "${GITHUB_WORKSPACE:-/nowhere}"/*) place="file=$(property "${file#"$GITHUB_WORKSPACE"/}"),line=$2," ;;
    esac
    printf '::error %stitle=%s::%s\n' "$place" "$(property "headlock: $(heading "$verdict")")" "$(data "$3")"
}

# annotations: one for each of the first entries that differ, or one for the error.
annotations() {
    local text error at file line=1 count=0
    while IFS= read -r text; do
        place_of "$text"
        annotate "$file" "$line" "$text"
        count=$((count + 1))
        if [ "$count" -eq 8 ]; then break; fi
    done < <(differences)
    if [ "$count" -gt 0 ]; then return; fi
    error=$(grep -m 1 '^error: ' "$said" || true)
    error=${error#error: }
    for text in "$LOCK" "$MANIFEST"; do
        # Where the message names the one file or the other, and perhaps a line of it.
        at=${error#"$text":}
        if [ "$error" = "$at" ]; then continue; fi
        line=1
        if [[ $at =~ ^([0-9]+):\ (.*)$ ]]; then
            line=${BASH_REMATCH[1]} at=${BASH_REMATCH[2]}
        fi
        annotate "$text" "$line" "${at# }"
        return
    done
    annotate "$LOCK" 1 "${error:-headlock ended with exit code $code and without a word}"
}

# rests_on: what a verdict rests on.
rests_on() {
    markdown '**What this rests on**' ''
    case $BASIS in
        beside) markdown '- *Whom to believe* is what the trust file beside the lock says: **whoever can change the lock can change that file, too**. The input `trust` names another one.' ;;
        same-checkout) markdown '- *Whom to believe* is what a trust file says that the workflow names, and that **comes from the same checkout as the lock**: whoever can change the one there can change the other, unless somebody reviews it.' ;;
        given) markdown '- *Whom to believe* is what a trust file says that the workflow names, and that comes from elsewhere than the lock.' ;;
    esac
    markdown '- *headlock* is the program below; the verdict is its word, on this runner.'
    printf '%s\n' "$PROGRAM_IS" | block
}

# report CODE: outputs, annotations and the summary of a verdict.
report() {
    local code=$1 verdict
    verdict=$(verdict "$code")
    output verdict "$verdict"
    output exit-code "$code"
    markdown "### headlock: $(heading "$verdict")" '' "$(meaning "$verdict")"
    case $verdict in
        verified | consistent) ;;
        *) annotations ;;
    esac
    if [ -n "$(differences)" ]; then
        markdown '' '**What differs**'
        differences | block
    fi
    markdown '' "**What headlock says** (exit code $code)"
    block < "$said"
    if [ -n "$(advice "$verdict")" ]; then markdown "**What to do:** $(advice "$verdict")" ''; fi
    if [ "$verdict" = no ] || [ "$verdict" = verified ] || [ "$verdict" = consistent ]; then rests_on; fi
}
