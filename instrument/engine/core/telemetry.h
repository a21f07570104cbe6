/* How long blocks take, kept in the telemetry. */
#ifndef GD_TELEMETRY_H
#define GD_TELEMETRY_H

#include "graindrum.h"

/* Count a block that began at `began_ns` and took `took_ns`. */
void gd_telemetry_block(gd_telemetry *telemetry, int64_t began_ns, int64_t took_ns, uint32_t frames, int xrun);

#endif
