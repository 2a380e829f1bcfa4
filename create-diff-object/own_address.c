/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function that hands out its own address, as QEMU's protocol_client_msg() does when it asks to
 * be called again: `lea protocol_client_msg(%rip),%rsi`. Between places of one section the
 * assembler knows the distance, if the symbol is local, and writes no relocation. Left like that,
 * the copy in a patch would hand out its own address, which is not that of the running function
 * and does not survive the removal of the patch.
 */
#include "create-diff-object/text.h"

static bool is_own_address(const struct cdo_insn *insn)
{
	const struct lp_insn *raw = &insn->raw;
	bool is_lea = raw->is_rip_relative && raw->copy_to >= 0 && raw->copy_from < 0;

	return is_lea && !insn->n_rels && (s64)insn->off + raw->len + raw->disp.value == 0;
}

bool cdo_find_own_address(const struct cdo_side *side, u32 function, struct cdo_insn *insn)
{
	u64 off = insn->raw.len ? insn->off + insn->raw.len : 0;

	for (*insn = cdo_insn_at(side, function, off); insn->raw.len;
	     *insn = cdo_insn_at(side, function, insn->off + insn->raw.len)) {
		if (is_own_address(insn))
			return true;
	}
	return false;
}
