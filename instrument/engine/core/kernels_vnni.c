/* vpdpbusd in its two encodings: VEX (AVX-VNNI: Alder Lake, Zen 5 and later) and EVEX (AVX512-VNNI). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#define PRODUCT gd_product_avxvnni
#define TARGET __attribute__((target("avx2,avxvnni")))
#define DOT _mm256_dpbusd_avx_epi32
#include "kernels_vnni.h"

#define PRODUCT gd_product_avx512vnni
#define TARGET __attribute__((target("avx2,avx512vnni,avx512vl")))
#define DOT _mm256_dpbusd_epi32
#include "kernels_vnni.h"
#else
typedef int gd_nothing_for_vnni; /* ISO C wants a declaration in every file */
#endif
