/* SPDX-License-Identifier: GPL-2.0-or-later */
struct part {
	int n;
	int bytes;
};
struct one {
	struct part part;
	int x;
};
struct two {
	int x;
	struct part parts[3];
	struct one one;
};
typedef struct {
	struct two two;
	int x;
} three;
struct four {
	struct {
		struct part part;
	} inner;
	int x;
};
struct five {
	struct part *part;
	int x;
};

int take(struct one *one, three *three, struct four *four, struct five *five)
{
	return one->x + three->x + four->x + five->x;
}
