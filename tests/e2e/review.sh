#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lpbuild show and lpbuild review on a patch that has a bit of everything: what they say, that they
# say the same, what they make of files that lie, and how the page looks in a browser.
# timeout: 240
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
shots=$PWD/build/run/review
rm -rf "$shots" && mkdir -p "$shots" # stay for the reader
# shellcheck source=tests/lib/extract.sh
source tests/lib/extract.sh

show() { "$BIN/lpbuild" show "$@"; }
review() { "$BIN/lpbuild" review "$@"; }

# ---- the patch: b/util.c without and with the parts that FIXED has ----

version() { # version 0|1 <SOURCE
    awk -v fixed="$1" '/^#ifdef FIXED/ { on = 1; want = fixed; next } on && /^#else/ { want = !fixed; next }
        on && /^#endif/ { on = 0; next } !on || want'
}
mkdir -p before after
version 0 <b/util.c >before/util.c
version 1 <b/util.c >after/util.c
diff -up --label a/b/util.c --label b/b/util.c before/util.c after/util.c >fix.diff
check 'builds' build gcc '' '-Wl,-z,now'
check 'create-diff-object' "$BIN/create-diff-object" old/b/util.o new/b/util.o -o d.o --object prog.p/b_util.c.o
check 'extract-patch' extract d.o prog --diff fix.diff --summary 'count again'

# ---- the schema ----

schema=$top/tests/lib/schema.py seeds=$top/tests/fuzz/seeds/fuzz_manifest
check 'the manifest is what the schema says' "$schema" p.yaml
check 'so are the seeds of the fuzz target' "$schema" "$seeds/references.yaml" "$seeds/full.yaml"
sed 's/status: review/status: fine/' p.yaml >wrong.yaml
fails 'another word is not' 1 "$schema" wrong.yaml
check 'the schema and the reader take and refuse the same' "$schema" --mutate "$seeds/full.yaml" "$BIN/lpbuild"

# ---- show ----

show p.raxlpxs --target prog >show.txt
is 'show: exit code' $? 0
text=$(<show.txt)
like 'the verdict comes first' "$(sed -n 2p show.txt)" '^! review: [0-9]+ points for a person to think about$'
like 'for which program' "$(sed -n 3p show.txt)" "^for prog, build-id $(readelf -n prog | awk '/Build ID/ {print $3}')$"
is 'questions in order' "$(grep -E '^[A-Z].*\?$' show.txt)" 'Is it for my program?
What exactly changes, and why?
What does it reach, and how was that found?
What could go wrong?
Can it be undone?
Who built it, and from what?'
like 'nobody has signed it' "$text" 'signature +none'
is 'nothing contradicts' "$(grep '✗' show.txt)" ''
like 'the old code was compared' "$text" '✓ b_value: all [0-9]+ bytes of the old code are the executable'
like 'the hunk of the function' "$text" $'    \\+\tr \\+= added\\(x\\);'
like 'old and new instruction' "$text" $'\n  < +[0-9a-f]+  lea "old %s %d %d"[^\n]*\n  > +[0-9a-f]+  lea "fixed %s %d %d"'
like 'a library call by name' "$text" '  [+] +[0-9a-f]+  call strcspn@'
like 'statics of one name' "$text" 'counter +object +0x[0-9a-f]+  by-file, [12] of 2'
like 'new code' "$text" '[+] added, added'
like 'a rule with its reason' "$text" "! added \\(pins-patch\\): 'b_value' takes its address"
like 'what undoing loses' "$text" 'is lost +fresh, fresh_zero'
like 'passed rules of the first tool' "$text" 'tls-changed'
show p.raxlpxs >alone.txt
like 'without the executable' "$(<alone.txt)" '! the executable was not named: its code is not compared'
"$BIN/raxlpxs" --info p.raxlpxs >info.txt
is 'raxlpxs --info: exit code' $? 0
check 'raxlpxs --info prints the same from the payload alone' cmp info.txt alone.txt
show p.yaml >manifest.txt
check 'and from a manifest' cmp manifest.txt <("$BIN/raxlpxs" --info p.yaml)
like 'only a manifest' "$(<manifest.txt)" '! only the manifest was looked at: nothing in it is compared'
is 'a manifest alone says the same' "$(sed -n '/^What does it reach/,$p' manifest.txt)" "$(sed -n '/^What does it reach/,$p' alone.txt | grep -v '^  signature ')"

# ---- as data ----

show p.raxlpxs --target prog --json >show.json
is 'show --json: exit code' $? 0
is 'what the payload is' "$(jq -r '.payload | "\(.name) \(.signature) \(.manifest) \(.verdict) \(.wrong) \(.depends)"' show.json)" \
    'p none same review null null'
is 'the manifest' "$(jq -r '.manifest.functions | map(.name) | join(" ")' show.json)" 'added b_value'
python3 - show.json show.txt <<'END'
# Each cell of each row is in the text, in this order, but for the instructions that are folded there.
import json, sys
text, at, folded = open(sys.argv[2], encoding='utf-8').read(), 0, 0
for row in json.load(open(sys.argv[1], encoding='utf-8'))['rows']:
    if folded:
        folded -= 1
        continue
    folded = row.get('folded', 0)
    for cell in row['cells'][2 if row['kind'] == 'code' and row['mark'] == 'plain' else 0:1 if row['kind'] in ('part', 'rule') else None]:
        if cell:
            found = text.find(cell, at)
            assert found >= 0, (row, text[at:at + 200])
            at = found + len(cell)
assert not text[at:].strip(), text[at:]
END
is 'the rows are those of the text' $? 0

# ---- the page ----

fails 'review' 0 review p.raxlpxs --target prog -o page.html
python3 - page.html show.txt >page.txt <<'END'
# The page, strictly read; then what each part of it says.
import html.parser, sys

class Page(html.parser.HTMLParser):
    void = {'meta', '!doctype'}
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.text, self.points = [], [], [], set(), [], []
        self.facts, self.lines = [], []
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        if tag not in self.void:
            self.open.append(tag)
        if 'id' in attrs:
            self.ids.append(attrs['id'])
        if 'href' in attrs:
            self.links.append(attrs['href'])
        assert not set(attrs) - {'id', 'class', 'href', 'lang', 'charset', 'name', 'content', 'http-equiv', 'scope', 'aria-label'}, attrs
        if tag == 'li':
            self.points.append('')
        if tag in ('dt', 'tr'):
            (self.facts if tag == 'dt' else self.lines).append([])
        if tag in ('dt', 'dd', 'td', 'th'):
            (self.facts if tag[:1] == 'd' else self.lines)[-1].append('')
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.text.append(data)
        if 'li' in self.open:
            self.points[-1] += data
        if self.open and self.open[-1] in ('dt', 'dd', 'td', 'th'):
            (self.facts if self.open[-1][:1] == 'd' else self.lines)[-1][-1] += data

page = Page()
source = open(sys.argv[1], encoding='utf-8').read()
page.feed(source)
page.close()
assert not page.open, page.open
assert len(page.ids) == len(set(page.ids)), 'an id twice'
assert all(link[1:] in page.ids for link in page.links), page.links
assert not page.tags & {'script', 'link', 'img', 'iframe', 'object', 'form'}, page.tags
assert 'url(' not in source and '://' not in source and '@import' not in source
text = ''.join(page.text)
shown = open(sys.argv[2], encoding='utf-8').read()
points = [p.replace(' ', '') for p in page.points]
missing = [line for line in shown.splitlines() if line.startswith(('  ✓ ', '  ! ', '  ✗ '))
           and line.replace(' ', '').replace(':', '') not in [p.replace(':', '') for p in points]]
assert not missing, missing
assert len(page.facts) > 20 and len(page.lines) > 20
for what, value in page.facts:
    assert f'\n  {what:20} {value}\n' in shown, (what, value)
plain = [' '.join(line.split()) for line in shown.splitlines()]
for cells in page.lines:
    assert ' '.join(' '.join(cells).split()) in plain, cells
for line in shown.splitlines():
    words = line.split(None, 2)
    if len(words) == 3 and words[0] in '<>+-' and line.startswith('  ') and not line.startswith('   '):
        assert words[2] in text, line
print('ids', ' '.join(i for i in page.ids if '+' not in i))
END
is 'the page is well-formed, needs nothing, and says what show says' $? 0
like 'what can be linked to' "$(<page.txt)" 'q-target .*b_value.* q-reaches'
like 'a row can be linked to' "$(<page.html)" 'id="b_value\+[0-9a-f]+"'
like 'an instruction is told by its name' "$(<page.html)" '<u>\+</u><i></i><b></b><i>[0-9a-f]+</i><b>call added</b></p>'
mkdir -p elsewhere && cp p.raxlpxs p.yaml prog elsewhere/
(cd elsewhere && review ./p.raxlpxs --target ./prog -o page.html)
check 'the same page from another folder' cmp page.html elsewhere/page.html

# ---- one string is another ----

sed 's/"old %s %d %d"/"new %s %d %d"/' before/util.c >b/util.c
gcc "${cflags[@]}" -c b/util.c -o small.o
check 'create-diff-object, small' "$BIN/create-diff-object" old/b/util.o small.o -o small.d.o
check 'extract-patch, small' "$BIN/extract-patch" small.d.o prog -o small.raxlpxs
show small.raxlpxs --target prog >small.txt
is 'only the reference to the string differs' "$(sed -n 's/^  \([<>+-]\) *[0-9a-f]*  /\1 /p' small.txt)" \
    $'< lea "old %s %d %d"(%rip), %rdx\n> lea "new %s %d %d"(%rip), %rdx'
is 'the rest is folded' "$(grep -c '^      \.\.\. [0-9]* equal$' small.txt)" 3
review small.raxlpxs --target prog -o small.html
like 'only what differs is tinted' "$(<small.html)" 'lea &quot;<mark>old</mark> %s %d %d&quot;\(%rip\), %rdx'

# ---- files that lie ----

fails 'no output' 64 review p.raxlpxs
fails 'not a patch' 1 show prog.c
fails 'an executable' 1 show prog
fails 'an object without a manifest' 1 show d.o
fails 'another executable' 4 show p.raxlpxs --target fixed
sed 's/size: [0-9]*, match: unique, sha256/size: 7, match: unique, sha256/' p.yaml >elsewhere/p.yaml
show elsewhere/p.raxlpxs >lies.txt
like 'another manifest beside it' "$(sed -n 2p lies.txt)" '^✗ do not apply: .* in 1 point$'
rm elsewhere/p.yaml
python3 - <<'END'
# The same payload with other first bytes expected, and with a place for the new code that is not its own.
import struct, subprocess
data = bytearray(open('p.raxlpxs', 'rb').read())
for line in subprocess.run(['readelf', '-SW', 'p.raxlpxs'], capture_output=True, text=True).stdout.splitlines():
    words = line.replace('[ ', '[').split()
    if '.livepatch.funcs' in words:
        off = int(words[4], 16)
bent = bytearray(data)
bent[off + 73] ^= 1
open('elsewhere/bytes.raxlpxs', 'wb').write(bent)
bent = bytearray(data)
struct.pack_into('<I', bent, off + 24, 4096)
open('elsewhere/size.raxlpxs', 'wb').write(bent)
END
like 'a changed byte is seen anyway' "$(show elsewhere/bytes.raxlpxs)" '✗ the payload was changed'
like 'first bytes that are not the executable'"'"'s' "$(show elsewhere/bytes.raxlpxs --target prog)" \
    '✗ b_value: the executable does not begin as the payload expects'
like 'a size that is not the manifest'"'"'s' "$(show elsewhere/size.raxlpxs)" \
    '✗ b_value: sizes, place or first bytes are others in the payload'
evil='<script>alert(1)</script>"&'"'"$'\e[31m\u202e'
EVIL=$evil$(printf 'W%.0s' {1..300}) python3 - <<'END'
import os, yaml
manifest = yaml.safe_load(open('p.yaml'))
def spoil(value):
    if isinstance(value, dict):
        return {k: v if k in ('lp-manifest', 'status', 'change', 'kind', 'sha256', 'source-sha256', 'build-id', 'before', 'reproduces-target') else spoil(v) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v) for v in value]
    return value + os.environ['EVIL'] if isinstance(value, str) else value
class Quoted(str): pass
yaml.safe_dump(spoil(manifest), open('evil.yaml', 'w'), sort_keys=False, width=100000)
END
fails 'hostile words: show' 0 show evil.yaml
show evil.yaml >evil.txt
is 'hostile words: nothing that moves a terminal' "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' evil.txt; grep -c $'\u202e' evil.txt)" $'0\n0'
like 'hostile words: they can be seen' "$(<evil.txt)" 'b_value<script>alert\(1\)</script>"&.\\u\{1b\}\[31m\\u\{202e\}'
review evil.yaml -o evil.html
is 'hostile words: no element of theirs' "$(grep -c '<script\|alert(1)</script' evil.html)" 0
like 'hostile words: as text' "$(<evil.html)" 'b_value&lt;script&gt;alert\(1\)&lt;/script&gt;&quot;&amp;&#39;\\u\{1b\}'

# ---- in a browser ----

# browser PAGE WIDTH SCHEME ARGUMENT...: in a frame, because a window has at least 500 pixels.
browser() {
    cat >frame.html <<END
<!doctype html><style>body{margin:0}iframe{border:0;width:$2px;height:2400px}</style>
<script>onmessage = e => { document.title = e.data; };</script><iframe src="$1"></iframe>
END
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
        --no-first-run --user-data-dir="$tmp/profile" --window-size="$2,2400" --virtual-time-budget=5000 \
        --blink-settings=preferredColorScheme="$3" "${@:4}" "file://$tmp/frame.html" 2>"$tmp/browser.log"
}
looks_right() { # looks_right PAGE WIDTH NUMBER:SCHEME
    local got what="${1%.html}, $2 pixels, ${3#*:}"
    {
        grep -v 'Content-Security-Policy' "$1"
        echo '<script>'
        cat "$top/tests/lib/measure.js"
        echo '</script>'
    } >measured.html
    browser measured.html "$2" "${3%:*}" --dump-dom >dom.html
    got=$(sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' dom.html | head -n 1)
    like "$what: as wide and as light as wanted" "$got" "^\\{\"width\":$2,\"dark\":\"${3#*:}\",\"elements\":[0-9]{3}"
    like "$what: nothing overflows, all can be read" "$got" '"least":([5-9]|4\.[5-9]|[0-9]{2})[0-9.]*,"bad":\[\]\}$'
}
review elsewhere/bytes.raxlpxs --target prog -o bad.html
looks_right bad.html 1280 0:dark
looks_right bad.html 420 1:light
looks_right evil.html 420 0:dark
mkdir -p long/b && cp -r old/a long/
for file in before after main; do
    [[ $file == main ]] || cp $file/util.c b/util.c
    gcc "${cflags[@]}" -Db_value=value_of_a_name_that_is_longer_than_a_narrow_column \
        -c "$([[ $file == main ]] && echo main.c || echo b/util.c)" -o long/$file.o
done
cp long/before.o long/b/util.o
link_program gcc long long.prog
check 'a long name: create-diff-object' "$BIN/create-diff-object" long/b/util.o long/after.o -o long.d.o
check 'a long name: extract-patch' "$BIN/extract-patch" long.d.o long.prog -o long.raxlpxs
review long.raxlpxs --target long.prog -o long.html
looks_right long.html 420 1:light
for width in 1280 420; do
    for scheme in 0:dark 1:light; do
        what="$width pixels, ${scheme#*:}"
        looks_right page.html "$width" "$scheme"
        shot=$shots/page-$width-${scheme#*:}.png
        browser page.html "$width" "${scheme%:*}" --screenshot="$shot"
        is "$what: a screenshot" "$(od -An -N8 -tx1 "$shot" | tr -d ' ')$(od -An -j16 -N4 -tx1 "$shot" | tr -d ' ')" \
            "89504e470d0a1a0a$(printf '%08x' "$width")"
    done
done
tap_done
