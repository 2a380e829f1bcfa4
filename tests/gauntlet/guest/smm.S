/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Goes into system management mode and back, by an interrupt that the processor sends itself.
 *
 * Orders: b (the code there switches a breakpoint on in the state that is restored), o (it does
 * nothing). Answers: D (the breakpoint was met), N (it was not).
 */
#include "pc.inc"

	.set	ICR, 0xfee00300
	.set	SMI_TO_SELF, 0x44200
	.set	SMBASE, 0x30000
	.set	HANDLER, SMBASE + 0x8000
	.set	SAVED_DR7, SMBASE + 0xff60
	.set	BREAK, 0x7000		/* shall the breakpoint be switched on? */
	.set	COUNT, 0x7004		/* how often the handler has run */
	.set	DR7_OFF, 0x400
	.set	DR7_EXECUTE_DR0, 0x402

main:	mov	$ROM + handler, %esi
	mov	$HANDLER, %edi
	mov	$handler_end - handler, %ecx
	rep movsb
next:	movb	$0, BREAK
	mov	$DR7_OFF, %eax
	mov	%eax, %dr7
	mov	$ROM + met, %eax
	mov	%eax, %dr0
	call	receive
	mov	$'N', %bl
	cmp	$'o', %al
	je	1f
	movb	$1, BREAK
1:	mov	COUNT, %eax
	movl	$SMI_TO_SELF, ICR
2:	cmp	%eax, COUNT
	je	2b
met:	nop
answer:	ANSWER
	jmp	next

debug:	mov	$'D', %bl
	jmp	answer

	.code16				/* as the processor is in that mode */
handler:
	mov	$COUNT, %bx
	incl	(%bx)
	mov	$BREAK, %bx
	cmpb	$0, (%bx)
	je	1f
	mov	$SAVED_DR7, %ebx
	movl	$DR7_EXECUTE_DR0, (%ebx)
1:	rsm
handler_end:

	.align	8
idt:	.quad	0
	GATE	debug
idt_at:	.word	. - idt - 1
	.long	ROM + idt

	END
