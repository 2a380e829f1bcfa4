/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starts a second processor, whose APIC id is 1.
 *
 * Orders: o (it is started, and then gets an NMI), s (it is told to start while it is in system
 * management mode). Answers: N (it goes on as it has to), S (it left that mode for the start).
 */
#include "pc.inc"

	.set	ICR, 0xfee00300
	.set	ICR_TO, 0xfee00310
	.set	SECOND, 1 << 24
	.set	INIT, 0x4500
	.set	SMI, 0x4200
	.set	NMI, 0x4400
	.set	SIPI, 0x4600 + STARTUP >> 12
	.set	STARTUP, 0x9000		/* where it starts, in real mode */
	.set	HANDLER, 0x38000	/* where its system management mode starts */
	.set	VECTOR_NMI, 2 * 4	/* of real mode */
	.set	STARTED, 0x7000		/* bytes: what the second one has done */
	.set	GOT_NMI, 0x7001
	.set	LEAVE, 0x7002		/* may it leave system management mode? */
	.set	COUNT, 0x7004		/* its rounds there */
	.set	ROUNDS, 100000		/* that are enough to notice a SIPI */

main:	mov	$ROM + startup, %esi
	mov	$STARTUP, %edi
	mov	$startup_end - startup, %ecx
	rep movsb
	mov	$ROM + handler, %esi
	mov	$HANDLER, %edi
	mov	$handler_end - handler, %ecx
	rep movsb
	movl	$(STARTUP << 12) + nmi - startup, VECTOR_NMI
	movl	$SECOND, ICR_TO
next:	call	receive
	mov	$'N', %bl
	movl	$0, STARTED		/* all of them */
	movl	$0, COUNT
	movl	$INIT, ICR
	cmp	$'s', %al
	je	in_smm

	movl	$SIPI, ICR
1:	cmpb	$0, STARTED
	je	1b
	movl	$NMI, ICR
1:	cmpb	$0, GOT_NMI
	je	1b
	jmp	answer

in_smm:	movl	$SMI, ICR		/* again and again: INIT may come after it */
	mov	$ROUNDS, %ecx
1:	loop	1b
	cmpl	$0, COUNT
	je	in_smm
	movl	$SIPI, ICR
	mov	COUNT, %eax
	add	$ROUNDS, %eax
1:	cmpb	$0, STARTED
	jne	2f
	cmp	%eax, COUNT
	jb	1b
	jmp	3f
2:	mov	$'S', %bl
3:	movb	$1, LEAVE
answer:	ANSWER
	jmp	next

	.code16
startup:
	movb	$1, STARTED
1:	hlt
	jmp	1b
nmi:	movb	$1, GOT_NMI
	iret
startup_end:

handler:
1:	incl	COUNT
	cmpb	$0, LEAVE
	je	1b
	rsm
handler_end:

	.align	8
idt:
idt_at:	.word	0
	.long	0

	END
