/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int interpret(const unsigned char *code)
{
	static void *labels[] = { &&add, &&sub, &&end };
	int r = 0;

	labels[2] = &&end;
	goto *labels[*code];
add:
	r += use(r);
	goto *labels[*++code];
sub:
	r -= use(r + 1);
	goto *labels[*++code];
end:
	return r;
}
