# shellcheck shell=bash
# shellcheck disable=SC2034 # set for those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A small program that has one of each kind of reference: two files of one base name with statics
# of one name, TLS, GOT, PLT, library data that is copied, hidden globals, jump tables, constants;
# in two versions. To be sourced by tests of extract-patch, from the top of the tree.

# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
cd "$tmp" || exit 1
mkdir a b

cat >shared.h <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern __thread int visits;
extern int hidden_sum __attribute__((visibility("hidden")));
extern const char *const names[4];
int hidden_add(int x) __attribute__((visibility("hidden")));
int a_value(int x);
int b_value(int x, char *text, size_t size);
int b_other(int x);
extern int (*compare)(const char *, const char *);
END
cat >a/util.c <<'END'
#include "shared.h"
__thread int visits __attribute__((aligned(32))); // so that the TLS block has a gap at its end
int hidden_sum;
const char *const names[4] = { "zero", "one", "two", "three" };
int (*compare)(const char *, const char *) = strcmp;
static int counter;
static __attribute__((noinline)) int helper(int x) { return x * 3 + counter; }
int hidden_add(int x) { return hidden_sum += x; }
int a_value(int x) { counter++; return helper(x) + 100; }
END
# The two versions of the function; everything that it needs is in both but for what is new.
cat >b/util.c <<'END'
#include "shared.h"
static int counter;
static __thread int local_visits;
static const double scale[3] = { 0.5, 1.25, 2.0 };
static __attribute__((noinline)) int helper(int x) { return x * 5 - counter; }
#ifdef FIXED
static int fresh = 40;
static volatile int fresh_zero[4];
static __attribute__((noinline)) int added(int x) { fresh_zero[x & 3] = x; fresh ^= 1; return (fresh | 1) + fresh_zero[x & 3]; }
#endif
struct ops { int (*one)(int), (*two)(int); };
static __attribute__((noinline)) int call(const struct ops *ops, int x) { return ops->one(x) + ops->two(x); }
__attribute__((noinline)) int b_other(int x) { return x + 1; }
static __attribute__((noinline, cold)) void complain(int x) { fprintf(stderr, "odd value %d\n", x); }
int b_value(int x, char *text, size_t size)
{
	int r = 0;

	counter++;
	visits++;
	local_visits += 2;
	switch (x) {
	case 0: r = helper(x); break;
	case 1: r = hidden_add(x); break;
	case 2: r = (int)(scale[x] * counter * 1.7); break;
	case 3: r = visits + local_visits; break;
	case 4: r = (int)strlen(names[x & 3]); break;
	case 5: r = stderr != NULL && optind == 1; break;
	case 6: r = hidden_sum; break;
	case 7: r = call(&(struct ops){ hidden_add, a_value }, b_other(x)); break; // movq, movhps from the GOT
	case 8: r = compare == strcmp; break;
	default: complain(x); break;
	}
#ifdef FIXED
	r += added(x);
	int (*volatile kept)(int) = added;
	r += kept == NULL;
	r += (int)strcspn(text, "x");
	r += compare == strcmp ? 1000 : 2000;
	// The program calls perror but has not yet done so: a lazy PLT slot does not hold its address.
	void (*volatile p)(const char *) = perror;
	r += p == (void (*)(const char *))dlsym(RTLD_DEFAULT, "perror") ? 10000 : 20000;
	snprintf(text, size, "fixed %s %d %d", names[x & 3], r, helper(r));
#else
	snprintf(text, size, "old %s %d %d", names[x & 3], r, helper(r));
#endif
	return r;
}
END
cat >main.c <<'END'
#include "shared.h"
int sandbox_init(void), sandbox_start(void);
int main(void)
{
	char line[16], text[128] = "";

	if (sandbox_init() || sandbox_start())
		perror("sandbox");
	while (fgets(line, sizeof(line), stdin)) {
		text[0] = 0;
		for (int i = 0; i < 10; i++) {
			int a = a_value(i), b = b_value(i, text, sizeof(text));

			printf("%d %d %s\n", a, b, text);
		}
		printf("end\n");
		fflush(stdout);
	}
	return 0;
}
END

build() { # build CC FLAGS LINK-FLAGS: prog and fixed, with their objects in old/ and new/
    local cc=$1 file
    read -ra cflags <<<"-O2 -g -D_GNU_SOURCE -fPIE -ffunction-sections -fdata-sections -I. $2"
    read -ra ldflags <<<"-pie -pthread -Wl,--build-id=sha1 $3"
    rm -rf old new && mkdir -p old/a old/b new/a new/b
    for file in main a/util b/util; do
        "$cc" "${cflags[@]}" -c "$file.c" -o "old/$file.o" || return
        "$cc" "${cflags[@]}" -DFIXED -c "$file.c" -o "new/$file.o" || return
    done
    link_program "$cc" old prog && link_program "$cc" new fixed
}

link_program() { # link_program CC FOLDER PROGRAM
    "$1" "${ldflags[@]}" -o "$3" "$2"/{main,a/util,b/util}.o "$BIN/../libsandbox.a" -lz -lsodium -ldl
}

extract() { "$BIN/extract-patch" "$@" -o p.raxlpxs -m p.yaml; }
raw() { extract --function b_value new/b/util.o "$@"; }

manifest() { # the value of a python expression over the manifest `m`
    python3 -c "import yaml; m = yaml.safe_load(open('p.yaml')); print($1)"
}

start() { # start PROGRAM: its input and output as $to, $from
    mkdir -p "$tmp/run"
    coproc target { SANDBOX_DIR=$tmp/run exec "$tmp/$1" 2>"$tmp/stderr"; }
    # shellcheck disable=SC2154 # coproc sets it
    pid=$target_PID from=${target[0]} to=${target[1]}
}

stop() {
    exec {to}>&-
    wait "$pid" 2>/dev/null
    pid=''
}

round() { # one round of the program, its lines on stdout
    local line
    echo go >&"$to"
    while IFS= read -r -t 20 line <&"$from" && [[ $line != end ]]; do
        printf '%s\n' "$line"
    done
}

expected() { # what the second round of PROGRAM gives
    start "$1"
    round >/dev/null
    round
    stop
}
