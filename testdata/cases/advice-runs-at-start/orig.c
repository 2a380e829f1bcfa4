/* SPDX-License-Identifier: GPL-2.0-or-later */
void register_module(void (*init)(void), int type);
void register_type(const char *name, int size);

static int size_of(int x)
{
	return x * 8;
}

static void __attribute__((noinline)) set_up(int x)
{
	register_type("dev", size_of(x));
}

static void register_types(void)
{
	set_up(3);
	set_up(5);
}

static void __attribute__((constructor)) do_init(void)
{
	register_module(register_types, 2);
}

int work(int x)
{
	return size_of(x);
}
