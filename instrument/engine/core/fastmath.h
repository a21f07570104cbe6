/* exp, tanh, sigmoid and sine for loops: branch-free so that compilers vectorise them, and made of exactly
 * rounded fp32 operations only (no fused multiply-add), so that every machine gives the same bits.
 * The coefficients are minimax fits of the relative error; each function names the error that is left.
 */
#ifndef GD_FASTMATH_H
#define GD_FASTMATH_H

#include <stdint.h>
#include <string.h>

#define GD_ROUNDER 12582912.0f      /* 1.5 * 2^23: adding it rounds to an integer, halves to even */
#define GD_ROUNDER_BITS 0x4B400000  /* its bits; bits(x + it) - these = x as an integer */

static inline int32_t gd_bits(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float gd_float(int32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float gd_magnitude(float x) { return gd_float(gd_bits(x) & INT32_MAX); }

static inline float gd_with_sign(float magnitude, float x) {
    return gd_float(gd_bits(magnitude) | (gd_bits(x) & INT32_MIN));
}

/* x within +-bound, NaN included. In integers, because gcc makes branches of a float compared with a constant. */
static inline float gd_limit(float x, float bound) {
    int32_t magnitude = gd_bits(x) & INT32_MAX, most = gd_bits(bound);
    return gd_with_sign(gd_float(magnitude < most ? magnitude : most), x);
}

/* exp(x), x kept within +-87; relative error below 2e-7. */
static inline float gd_exp(float x) {
    x = gd_limit(x, 87.0f);
    float shifted = x * 1.44269504f + GD_ROUNDER;
    float octaves = shifted - GD_ROUNDER;
    float r = x - octaves * 0.693359375f; /* ln 2 in two parts, so that this product is exact */
    r = r + octaves * 2.12194440e-4f;
    float p = 1.381446685e-3f;
    p = p * r + 8.368780418e-3f;
    p = p * r + 4.166839422e-2f;
    p = p * r + 1.666652011e-1f;
    p = p * r + 4.999999341e-1f;
    p = (p * r) * r + r + 1.0f;
    return p * gd_float((gd_bits(shifted) - GD_ROUNDER_BITS + 127) * (1 << 23));
}

/* tanh(x); relative error below 4e-7. */
static inline float gd_tanh(float x) {
    x = gd_limit(x, 8.2f);
    float square = x * x;
    float p = 1.484055343e-8f;
    p = p * square + 2.163727136e-5f;
    p = p * square + 3.556686094e-3f;
    p = p * square + 1.343212274e-1f;
    p = p * square + 0.9999999917f;
    float q = 8.370602121e-7f;
    q = q * square + 3.386440748e-4f;
    q = q * square + 2.610829764e-2f;
    q = q * square + 4.676544848e-1f;
    q = q * square + 1.0f;
    return x * p / q;
}

/* 1 / (1 + exp(-x)); relative error below 4e-7. */
static inline float gd_sigmoid(float x) { return 1.0f / (1.0f + gd_exp(-x)); }

/* sin(2 pi turns) for |turns| < 2^21; error below 2e-7 beyond that of `turns` itself. */
static inline float gd_sine(float turns) {
    float t = turns - ((turns + GD_ROUNDER) - GD_ROUNDER); /* -0.5 .. 0.5 */
    float a = gd_magnitude(t);
    float mirrored = 0.5f - a;
    a = a < mirrored ? a : mirrored; /* 0 .. 0.25 */
    float square = a * a;
    float p = 3.971094588e1f;
    p = p * square - 7.657499618e1f;
    p = p * square + 8.160223144e1f;
    p = p * square - 4.134167748e1f;
    p = p * square + 6.283185274f;
    return gd_with_sign(p * a, t);
}

#endif
