/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Patched code calls this in the program's own threads, as often as it likes: so there is a lock,
 * and memory comes from malloc(), which the listener never uses. extract-patch finds the functions
 * in the symbol table of the executable; sb_shadow_count() in INFO is what makes the linker take
 * this file into it.
 */
#include "runtime/shadow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "runtime/livepatch.h"

#define N_CHAINS 4096u

struct value {
	struct value *next;
	const void *object;
	uint64_t id;
	size_t size;
	_Alignas(max_align_t) uint8_t data[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct value *chains[N_CHAINS]; /* under lock */
static atomic_size_t n_values;	       /* written under lock */

/* Objects are aligned and often neighbours: multiply, and take the upper bits. */
static struct value **chain_of(const void *object, uint64_t id)
{
	uint64_t key = ((uint64_t)(uintptr_t)object ^ id * 0x9e3779b97f4a7c15u);

	return &chains[key * 0xff51afd7ed558ccdu >> 52];
}

/* The link that points to the value, or the one at the end of its chain. */
static struct value **find(const void *object, uint64_t id)
{
	struct value **link = chain_of(object, id);

	while (*link && ((*link)->object != object || (*link)->id != id))
		link = &(*link)->next;
	return link;
}

static void drop(struct value **link, livepatch_shadow_destroy *destroy)
{
	struct value *value = *link;

	*link = value->next;
	if (destroy)
		destroy(value->data, value->object);
	free(value);
	n_values--;
}

static struct value *make(const void *object, uint64_t id, size_t size, livepatch_shadow_init *init,
			  void *context)
{
	struct value *value;

	if (n_values >= SB_MAX_SHADOW || size > SIZE_MAX - sizeof(*value))
		return NULL;
	value = calloc(1, sizeof(*value) + size);
	if (!value)
		return NULL;
	*value = (struct value){ .object = object, .id = id, .size = size };
	if (init && init(value->data, object, context)) {
		free(value);
		return NULL;
	}
	n_values++;
	return value;
}

void *livepatch_shadow_get(const void *object, uint64_t id)
{
	struct value *value;

	pthread_mutex_lock(&lock);
	value = *find(object, id);
	pthread_mutex_unlock(&lock);
	return value ? value->data : NULL;
}

void *livepatch_shadow_get_or_alloc(const void *object, uint64_t id, size_t size,
				    livepatch_shadow_init *init, void *context)
{
	struct value **link, *value;

	pthread_mutex_lock(&lock);
	link = find(object, id);
	if (!*link)
		*link = make(object, id, size, init, context);
	value = *link;
	pthread_mutex_unlock(&lock);
	return value && value->size >= size ? value->data : NULL;
}

void livepatch_shadow_free(const void *object, uint64_t id, livepatch_shadow_destroy *destroy)
{
	struct value **link;

	pthread_mutex_lock(&lock);
	link = find(object, id);
	if (*link)
		drop(link, destroy);
	pthread_mutex_unlock(&lock);
}

void livepatch_shadow_free_all(uint64_t id, livepatch_shadow_destroy *destroy)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < N_CHAINS; i++)
		for (struct value **link = &chains[i]; *link;)
			if ((*link)->id == id)
				drop(link, destroy);
			else
				link = &(*link)->next;
	pthread_mutex_unlock(&lock);
}

size_t sb_shadow_count(void)
{
	return n_values;
}
