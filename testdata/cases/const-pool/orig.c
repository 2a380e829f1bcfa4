/* SPDX-License-Identifier: GPL-2.0-or-later */
double scale(double x)
{
	return x * 1.5 + 3.25;
}

float other(float x)
{
	return x * 2.75f - 9.5f;
}

double third(double x)
{
	return x / 7.125;
}
