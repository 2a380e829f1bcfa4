/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads from addresses that are not mapped, in 64-bit code.
 *
 * Orders: c (an address that is not canonical: #GP), o (a canonical one: #PF). Answers: G and P for
 * these with CR2 as it has to be, g and p with another one.
 */
#include "pc.inc"

	.set	TABLES, 0x20000		/* three pages: PML4, PDPT, PD */
	.set	USED, 3
	.set	LARGE, 0x83		/* a page of 2 MiB */
	.set	CR4_PAE, 1 << 5
	.set	CR0_PG, 1 << 31
	.set	MSR_EFER, 0xc0000080
	.set	EFER_LME, 1 << 8
	.set	UNMAPPED, 0x400000
	.set	BEFORE, 0x123000	/* in CR2 */

main:	movl	$TABLES + 0x1000 + USED, TABLES
	movl	$TABLES + 0x2000 + USED, TABLES + 0x1000
	movl	$LARGE, TABLES + 0x2000
	mov	$TABLES, %eax
	mov	%eax, %cr3
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG, %eax
	mov	%eax, %cr0
	ljmpl	$CODE64, $ROM + next

	.code64
next:	mov	$BEFORE, %eax
	mov	%rax, %cr2
	call	receive
	mov	$UNMAPPED, %edi
	cmp	$'c', %al
	jne	1f
	shl	$32, %rdi
1:	mov	(%rdi), %al
	mov	$'?', %bl
	jmp	answer

protection:
	mov	$BEFORE, %edi
	mov	$'G', %bl
	jmp	fault
page:	mov	$'P', %bl
fault:	mov	%cr2, %rax
	cmp	%rdi, %rax
	je	answer
	or	$0x20, %bl
answer:	ANSWER
	jmp	next

	.align	8
idt:	.fill	2 * 13, 8, 0
	.word	protection - start, CODE64, 0x8e00, ROM >> 16, 0, 0, 0, 0
	.word	page - start, CODE64, 0x8e00, ROM >> 16, 0, 0, 0, 0
idt_at:	.word	. - idt - 1
	.long	ROM + idt

	END
