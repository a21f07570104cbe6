#include "telemetry.h"

#include <math.h>

#define LOAD_S 0.5      /* time constant of the smoothed load */

/* Bin b holds durations from 2^(b/8) microseconds on; shorter and longer ones count in the outer bins. */
static int bin_of(int64_t took_ns) {
    float microseconds = (float)took_ns * 1e-3f;
    if (microseconds <= 1.0f) return 0;
    int bin = (int)(8.0f * log2f(microseconds));
    return bin < GD_HISTOGRAM ? bin : GD_HISTOGRAM - 1;
}

void gd_telemetry_block(gd_telemetry *telemetry, int64_t began_ns, int64_t took_ns, uint32_t frames, int xrun) {
    double period_s = frames / telemetry->rate_hz;
    float load = (float)((double)took_ns * 1e-9 / period_s);
    telemetry->clock_ns = began_ns;
    telemetry->load += (load - telemetry->load) * (float)(1.0 - exp(-period_s / LOAD_S));
    int settled = telemetry->blocks > 1; /* the first block also makes its thread a real-time one */
    if (settled && load > telemetry->peak_load) telemetry->peak_load = load;
    if (load > 1.0f) telemetry->late_blocks++;
    if (xrun) telemetry->xruns++;
    telemetry->histogram[bin_of(took_ns)]++;
}
