/* SPDX-License-Identifier: GPL-2.0-or-later */
enum state {
	STATE_IDLE,
	STATE_DONE,
	STATE_MAX,
};

int step(enum state *state)
{
	return *state == STATE_DONE && *state < STATE_MAX;
}
