/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/awake.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/types.h"

int lp_awake_begin(void)
{
	const s32 latency = 0; /* us */
	int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, &latency, sizeof(latency)) != sizeof(latency)) {
		close(fd);
		return -1;
	}
	return fd;
}

void lp_awake_end(int fd)
{
	if (fd >= 0)
		close(fd);
}
