/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stack of patches goes out and in again while writes fail. What makes them fail is either memory
 * that nobody may write, or a patch of the stack that breaks the writer itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "runtime/swap.h"
#include "tests/unit/test.h"

static u8 room[3][4];
static struct sb_writer writer;

struct stack { /* three patches of one write each */
	struct sb_patches patches;
	struct sb_patch patch[3];
	struct sb_write write[3];
	u8 old[3][4], new[3][4];
};

/* Memory holds what the patches have written. */
static void make_stack(struct stack *s)
{
	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < 3; i++) {
		memset(s->old[i], 'a' + (int)i, 4);
		memset(s->new[i], 'A' + (int)i, 4);
		memcpy(room[i], s->new[i], 4);
		s->write[i] = (struct sb_write){ .addr = (uintptr_t)room[i],
						 .len = 4,
						 .prot = PROT_READ | PROT_WRITE,
						 .old = s->old[i],
						 .new = s->new[i] };
		s->patch[i].writes = &s->write[i];
		s->patch[i].n_writes = 1;
		sb_patches_push(&s->patches, &s->patch[i]);
	}
	writer = (struct sb_writer){ .mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC),
				     .way = SB_WAY_MEM };
	assert_true(writer.mem_fd >= 0);
}

/* The write of patch I goes to a page that can be read only, not even written through
 * /proc/self/mem: it is shared. */
static void *forbid(struct stack *s, unsigned i)
{
	int fd = memfd_create("page", MFD_CLOEXEC);
	void *page;

	assert_int_equal(write(fd, s->new[i], 4), 4);
	page = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	close(fd);
	s->write[i].addr = (uintptr_t)page;
	return page;
}

/* While patch I is out, the writer has a descriptor of which nothing can be written. */
static void break_writer(struct stack *s, unsigned i)
{
	static const int broken = -1;

	memcpy(s->new[i], &writer.mem_fd, 4);
	memcpy(s->old[i], &broken, 4);
	s->write[i].addr = (uintptr_t)&writer.mem_fd;
}

static void all_go_out_and_in(void **state)
{
	struct stack s;

	(void)state;
	make_stack(&s);
	assert_int_equal(sb_swap_out_quiet(&writer, &s.patches), 0);
	assert_memory_equal(room, "aaaabbbbcccc", 12);
	assert_true(sb_swap_back_quiet(&writer, &s.patches));
	assert_memory_equal(room, "AAAABBBBCCCC", 12);
	close(writer.mem_fd);
}

static void one_that_fails_puts_the_others_back(void **state)
{
	struct stack s;

	(void)state;
	make_stack(&s);
	void *page = forbid(&s, 0);
	assert_int_equal(sb_swap_out_quiet(&writer, &s.patches), -EIO);
	assert_memory_equal(page, "AAAA", 4);
	assert_memory_equal(room[1], "BBBBCCCC", 8);
	munmap(page, 4);
	close(writer.mem_fd);
}

static void putting_back_fails_too(void **state)
{
	struct stack s;
	int fd;

	(void)state;
	make_stack(&s);
	fd = writer.mem_fd;
	break_writer(&s, 1);
	assert_int_equal(sb_swap_out_quiet(&writer, &s.patches), -ENOTRECOVERABLE);
	/* Each is wholly in or wholly out. */
	assert_memory_equal(room[0], "AAAA", 4);
	assert_int_equal(writer.mem_fd, -1);
	assert_memory_equal(room[2], "cccc", 4);
	close(fd);
}

static void back_says_what_fails_and_goes_on(void **state)
{
	struct stack s;

	(void)state;
	make_stack(&s);
	assert_int_equal(sb_swap_out_quiet(&writer, &s.patches), 0);
	room[1][2] = '!';
	assert_false(sb_swap_back_quiet(&writer, &s.patches));
	assert_memory_equal(room, "AAAAbb!bCCCC", 12);
	close(writer.mem_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_go_out_and_in),
		TEST(one_that_fails_puts_the_others_back),
		TEST(putting_back_fails_too),
		TEST(back_says_what_fails_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
