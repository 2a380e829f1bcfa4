# SPDX-License-Identifier: GPL-2.0-or-later
# file: target/i386/tcg/misc_helper.c
# CPUID 0x40000000 with a number in ECX: that number, its complement and a mark (tests/lib/hammer.c).
/^void helper_cpuid(/,/^}/ {
	/&edx);$/a\
    if ((uint32_t)env->regs[R_EAX] == 0x40000000 && env->regs[R_ECX]) {\
        ebx = env->regs[R_ECX];\
        ecx = ~ebx;\
        edx = 0x2177656e;\
    }
}
