#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual pages: groff has nothing to say about them, and they name exactly the options, verbs
# and exit codes that --help names.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh
BIN=${BIN:-build/out/bin}

# help_options TOOL...: each option as --help has it, without its text: "-o, --output FILE".
help_options() {
    "$BIN/$1" "${@:2}" --help | sed -n '/^options:/,/^$/s/^ \{2,6\}\(-[^ ].*\)/\1/p' | sed 's/  .*//'
}

# page_options PAGE HEADING: the same from the section or subsection with that heading, which has
# options; "" for what is in no subsection with the name of a verb.
page_options() {
    awk -v want="$2" '/^\.S[HS]/ { at = $1 == ".SS" && $2 == "lpbuild" ? $3 : "" }
        tag && at == want { gsub(/\\f[BIR]/, ""); gsub(/\\-/, "-"); if (/^-/) print }
        { tag = /^\.TP/ }' "$1"
}

# "3" of "3 nothing to do"; the codes end with a full stop or with the text.
help_codes() {
    "$BIN/$1" "${@:2}" --help | awk '/^[Ee]xit/ { on = 1 } on { print } on && /\.$/ { exit }' |
        grep -oE '\b[0-9]+ [a-z]' | cut -d ' ' -f 1
}
page_codes() { sed -n '/^\.SH EXIT STATUS/,/^\.SH [^E]/s/^\.B \([0-9]*\)$/\1/p' "$1"; }

verbs() { "$BIN/lpbuild" --help | sed -n 's/^ *lpbuild \([a-z][a-z|]*\) .*/\1/p' | tr '|' '\n'; }

is 'a page for each tool, no other' "$(cd docs/man && printf '%s\n' *)" \
    "$(cd "$BIN" && printf '%s.1\n' *)"
for page in docs/man/*.1; do
    tool=$(basename "$page" .1)
    is "$tool: groff has no complaint" "$(groff -man -ww -Tascii -z "$page" 2>&1)" ''
    options=$(help_options "$tool")
    like "$tool: there are options" "$options" '-h, --help'
    is "$tool: the options of --help" "$(page_options "$page" '' | sort)" "$(sort <<<"$options")"
    codes=$(help_codes "$tool" | sort)
    like "$tool: there are exit codes" "$codes" '1'
    is "$tool: no exit code is missing" "$(comm -23 <(echo "$codes") <(page_codes "$page" | sort))" ''
    others=$(sed -n '/^\.BR [^ ]* (1)/{s/^\.BR \([^ ]*\) .*/\1/; s/\\//g; p}' "$page")
    like "$tool: it names other pages" "$others" '[a-z]'
    is "$tool: they are there" "$(for other in $others; do [[ -f docs/man/$other.1 ]] || echo "$other"; done)" ''
done
is 'lpbuild: the verbs of --help' "$(sed -n 's/^\.SS lpbuild \([a-z]*\) .*/\1/p' docs/man/lpbuild.1)" "$(verbs)"
for verb in $(verbs); do
    is "lpbuild $verb: the options of its --help" "$(page_options docs/man/lpbuild.1 "$verb" | sort)" \
        "$(help_options lpbuild "$verb" | grep -v -e '--help' -e '--version' | sort)"
    is "lpbuild $verb: no exit code is missing" \
        "$(comm -23 <(help_codes lpbuild "$verb" | sort) <(page_codes docs/man/lpbuild.1 | sort))" ''
done
tap_done
