/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Gives the instructions of SVM addresses of control blocks that are not at the start of a page
 * (AMD64 manual, volume 2, 15.5.1 and 15.30.4: #GP).
 *
 * Orders on the first serial port: w (the MSR VM_HSAVE_PA), r (VMRUN), l (VMLOAD), s (VMSAVE): such
 * an address; o: all four with right ones. Answers: G for #GP, N for none.
 */
#include "pc.inc"

	.set	BLOCK, 0x20000		/* a control block; its ASID is 0, which VMRUN takes as invalid */
	.set	HOST, 0x30000		/* where VMRUN keeps the state of the host */
	.set	MSR_EFER, 0xc0000080
	.set	EFER_SVME, 1 << 12
	.set	MSR_VM_HSAVE_PA, 0xc0010117

main:	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_SVME, %eax
	wrmsr
	mov	$HOST, %eax
	call	set_host

next:	call	receive
	mov	$'N', %bl
	cmp	$'w', %al
	je	host_off
	cmp	$'r', %al
	je	run_off
	cmp	$'l', %al
	je	load_off
	cmp	$'s', %al
	je	save_off
	cmp	$'o', %al
	je	ordinary
	mov	$'?', %bl

answer:	ANSWER
	mov	$HOST, %eax		/* what w may have left is nothing to keep a state in */
	call	set_host
	jmp	next

host_off:
	mov	$HOST + 1, %eax
	call	set_host
	jmp	answer
run_off:
	mov	$BLOCK + 1, %eax
	vmrun	%eax
	jmp	answer
load_off:
	mov	$BLOCK + 1, %eax
	vmload	%eax
	jmp	answer
save_off:
	mov	$BLOCK + 0x1001, %eax	/* a page of its own, so that BLOCK stays zero */
	vmsave	%eax
	jmp	answer
ordinary:
	mov	$BLOCK + 0x1000, %eax
	vmsave	%eax
	vmload	%eax
	mov	$BLOCK, %eax
	vmrun	%eax
	jmp	answer

set_host:
	mov	$MSR_VM_HSAVE_PA, %ecx
	xor	%edx, %edx
	wrmsr
	ret

	/* #GP: the error code goes, and the instruction is not tried again. */
fault:	add	$4, %esp
	mov	$'G', %bl
	movl	$ROM + answer, (%esp)
	iret

	.align	8
idt:	.fill	13, 8, 0
	GATE	fault
idt_at:	.word	. - idt - 1
	.long	ROM + idt

	END
