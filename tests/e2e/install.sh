#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# `make install` and `make uninstall`: what is installed works with nothing of the source tree, from
# the place it was installed for and, as packagers do it, moved there from DESTDIR.

set -euo pipefail
name="install-test"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

# Outside of the source tree, where lpbuild would find the tree's own recipes above itself.
stage=$run/stage
make_to() { # make_to GOAL: into $stage/opt/live; O as a person gives it, else all is built again
    (cd "$top" && make --no-print-directory O="$(realpath --relative-to=. "${BIN%/bin}")" \
        DESTDIR="$stage" PREFIX=/opt/live "$1")
}
files() { (cd "$stage" && find . ! -type d -printf '%m %P\n' | sort -k2); }

check "make install" make_to install
for tool in create-diff-object extract-patch lpbuild raxlpxs; do
    check "$tool is installed and starts" "$stage/opt/live/bin/$tool" --help
    like "$tool: its manual page is installed" "$(files)" $'\n'"644 opt/live/share/man/man1/$tool.1"$'\n'
done
like "the recipes are there to read" "$(files)" $'\n644 opt/live/share/patchbox/recipes/qemu.yaml\n'
like "what fetches sources can be run" "$(files)" \
    $'\n755 opt/live/share/patchbox/recipes/fetch-debian-source.sh\n'

# The installed tree, moved to another place: nothing in it says where it is.
mv "$stage/opt/live" "$run/live"
lpbuild() { # the installed one, in an environment that knows of no other
    env -i PATH="$PATH" HOME="$run" "$run/live/bin/lpbuild" "$@" \
        >"$work/lpbuild.out" 2>"$work/lpbuild.err" </dev/null
}
cd "$run"
fails "an unknown recipe" 1 lpbuild --recipe nowhere --prepare
like "an unknown recipe: it looked where they are installed" "$(<"$work/lpbuild.err")" \
    "no recipe 'nowhere' in '$run/live/bin/../share/patchbox/recipes'"
check "a patch is made with what is installed" lpbuild --recipe mini --build "$run/build" \
    --diff "$run/live/share/patchbox/testdata/mini/version.patch"
check "the payload is written" test -s "$run/version/version.raxlpxs"
like "the program has the installed runtime" "$(strings "$run"/build/mini-*/1-original/build/mini)" \
    'sandbox-sock'

cat >"$run/user.c" <<'END'
#include <sandbox.h>
int main(void)
{
	return sandbox_init() || sandbox_start();
}
END
check "a program of one's own finds header and archive" gcc -Wall -Werror -fPIE -pie \
    -I"$run/live/include" -o "$run/user" "$run/user.c" "$run/live/lib/patchbox/libsandbox.a"

cat >"$run/fix.c" <<'END'
#include <livepatch.h>
static void hook(void)
{
}
LIVEPATCH_LOAD_HOOK(hook);
int value(const void *object)
{
	return livepatch_shadow_get(object, 1) != NULL;
}
int main(void)
{
	return value("here");
}
END
for std in c99 gnu11; do
    check "a fix in $std finds livepatch.h" gcc -std=$std -Wall -Wextra -Werror -pedantic -fPIE -pie \
        -I"$run/live/include" -o "$run/fix" "$run/fix.c" "$run/live/lib/patchbox/libsandbox.a"
done
check "so does one in C++" clang -Wall -Wextra -Werror -I"$run/live/include" -x c++ -c "$run/fix.c" \
    -o "$run/fix.o"
sed 's/hook(void)/hook(int x)/; s/^{$/{ (void)0;/' "$run/fix.c" >"$run/bad.c"
fails "a hook of another type does not compile" 1 gcc -I"$run/live/include" -c "$run/bad.c" -o "$run/bad.o"
fails "nor does it in C++" 1 clang -I"$run/live/include" -x c++ -c "$run/bad.c" -o "$run/bad.o"

mv "$run/live" "$stage/opt/live"
touch "$stage/opt/live/share/patchbox/recipes/own.yaml"
check "make uninstall" make_to uninstall
is "it leaves what it did not install" "$(files | cut -d ' ' -f 2)" \
    "opt/live/share/patchbox/recipes/own.yaml"
rm "$stage/opt/live/share/patchbox/recipes/own.yaml"
check "make uninstall, again" make_to uninstall
is "then no folder of its own is left" "$(find "$stage" -name patchbox)" ""

tap_done
