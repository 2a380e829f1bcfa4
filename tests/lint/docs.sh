#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A stranger finds what the documents speak of: links lead somewhere, README.md names each folder
# and each document, and `make help` each target.
# shellcheck disable=SC2016 # the backquotes are markdown's
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

# links FILE: what it links to in the tree, one a line; not what stands in code blocks.
links() { sed '/^```/,/^```/d' "$1" | grep -oE '\]\([^):]+\)' | sed 's/^](//; s/)$//' | sort -u; }

# anchors FILE: one for each heading, as it is shown in a browser.
anchors() {
    sed '/^```/,/^```/d' "$1" | sed -n 's/^#\{1,\} //p' | tr '[:upper:]' '[:lower:]' |
        sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

links_lead_somewhere() {
    local link file anchor bad=0
    while read -r link; do
        file=${link%%#*} anchor=
        [[ $link != *'#'* ]] || anchor=${link#*#}
        file=$(dirname "$1")/${file:-$(basename "$1")}
        if [[ ! -e $file ]] || { [[ -n $anchor ]] && ! anchors "$file" | grep -qxF -- "$anchor"; }; then
            printf '%s\n' "$link"
            bad=1
        fi
    done < <(links "$1")
    return $bad
}

mapfile -t pages < <(files '*.md')
check 'there are links' test "$(links README.md | wc -l)" -gt 10
check_each 'links lead somewhere' links_lead_somewhere < <(printf '%s\n' "${pages[@]}")
is 'README.md names each folder' "$(sed -n 's/^| `\([^`/]*\)\/`.*/\1/p' README.md | sort)" \
    "$(git ls-files | sed -n 's/^\([^./][^/]*\)\/.*/\1/p' | sort -u)"
for page in docs/*.md; do
    check "README.md leads to $page" grep -qF "($page" README.md
done

# Targets in the text are written as people type them.
targets=$(make --no-print-directory help | sed -n 's/^make \([a-z][a-z-]*\) .*/\1/p')
while read -r target; do
    check "make help tells of '$target'" grep -qx "$target" <<<"$targets"
done < <(grep -ohE '(`|^    )make [a-z][a-z-]*' "${pages[@]}" | sed 's/.*make //' | sort -u)
for target in $targets; do
    like "make $target is there" "$(<Makefile)" $'\n'"$target( [a-z]+)*:"
done

# Where docs/safety.md says that something is tested, there is a test point with these words.
point_exists() { # point_exists 'FILE "WORDS"'
    local file=${1%% *} words=${1#* }
    grep -qF -- "${words//\"/}" tests/e2e/"$file" tests/unit/"$file" 2>/dev/null
}
check_each 'is tested' point_exists \
    < <(sed -n '/^## What it is held to/,/^## Limits/p' docs/safety.md | grep -oE '[a-z_-]+\.(sh|c) "[^"]+"')
tap_done
