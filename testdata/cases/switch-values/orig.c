/* SPDX-License-Identifier: GPL-2.0-or-later */
int choose(int what)
{
	switch (what) {
	case 0:
		return 17;
	case 1:
		return 99;
	case 2:
		return 3;
	case 3:
		return 1234;
	case 4:
		return 7;
	case 5:
		return 42;
	}
	return -1;
}

int other(int what)
{
	switch (what) {
	case 0:
		return 4;
	case 1:
		return 44;
	case 2:
		return 8;
	case 3:
		return 15;
	case 4:
		return 16;
	case 5:
		return 23;
	}
	return -1;
}
