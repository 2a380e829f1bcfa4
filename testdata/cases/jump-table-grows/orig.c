/* SPDX-License-Identifier: GPL-2.0-or-later */
int use(int x);

int choose(int x)
{
	switch (x) {
	case 0:
		return use(10) + 1;
	case 1:
		return use(20) * 2;
	case 2:
		return use(30) - 3;
	case 3:
		return use(x) / 4;
	case 4:
		return use(50) ^ 5;
	}
	return -1;
}

int other(int x)
{
	switch (x) {
	case 0:
		return use(11) + 1;
	case 1:
		return use(21) * 2;
	case 2:
		return use(31) - 3;
	case 3:
		return use(x) / 5;
	case 4:
		return use(51) ^ 5;
	}
	return -2;
}
