/* Numbers too small to be normal are slow on many processors; while rendering they are zero. */
#ifndef GD_DENORMALS_H
#define GD_DENORMALS_H

#include <stdint.h>

typedef uint64_t gd_float_mode;

#if defined(__SSE2__)
#include <xmmintrin.h>

static inline gd_float_mode gd_flush_denormals(void) {
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040u); /* flush to zero, denormals are zero */
    return mode;
}

static inline void gd_restore_denormals(gd_float_mode mode) { _mm_setcsr((unsigned)mode); }

#elif defined(__aarch64__)

static inline gd_float_mode gd_flush_denormals(void) {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | (UINT64_C(1) << 24)));
    return mode;
}

static inline void gd_restore_denormals(gd_float_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }

#else

static inline gd_float_mode gd_flush_denormals(void) { return 0; }
static inline void gd_restore_denormals(gd_float_mode mode) { (void)mode; }

#endif
#endif
