/* SPDX-License-Identifier: GPL-2.0-or-later */
const char *name_of(int x)
{
	switch (x) {
	case 0:
		return "zero";
	case 1:
		return "one";
	case 2:
		return "two";
	case 3:
		return "three";
	case 4:
		return "four";
	case 5:
		return "five";
	}
	return "many";
}

const char *color_of(int x)
{
	switch (x) {
	case 0:
		return "red";
	case 1:
		return "green";
	case 2:
		return "blue";
	case 3:
		return "black";
	case 4:
		return "white";
	}
	return "grey";
}
