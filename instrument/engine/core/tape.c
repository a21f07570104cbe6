#include "tape.h"

#include <string.h>

#define HEAD (sizeof(gd_stretch) / sizeof(float))   /* of a stretch, in floats */
#define LONGEST (GD_GRAIN / 2)
#define AGAIN (GD_TAPE / 4)     /* room from which on a full ring is written to again: one gap, not many */

_Static_assert(sizeof(gd_stretch) % sizeof(float) == 0, "the ring counts in floats");
_Static_assert(HEAD + LONGEST * 2 * (GD_TRACKS + 1) < GD_TAPE / 2, "the ring holds several of the longest stretches");

uint64_t gd_tape_size(void) { return sizeof(gd_tape); }

/* Copy to or from the ring, around its end. */
static uint32_t put(float *ring, uint32_t at, const void *from, uint32_t count) {
    uint32_t place = at & (GD_TAPE - 1), head = GD_TAPE - place < count ? GD_TAPE - place : count;
    memcpy(ring + place, from, head * sizeof(float));
    memcpy(ring, (const float *)from + head, (count - head) * sizeof(float));
    return at + count;
}

static uint32_t take_out(const float *ring, uint32_t at, void *to, uint32_t count) {
    uint32_t place = at & (GD_TAPE - 1), head = GD_TAPE - place < count ? GD_TAPE - place : count;
    memcpy(to, ring + place, head * sizeof(float));
    memcpy((float *)to + head, ring, (count - head) * sizeof(float));
    return at + count;
}

static uint32_t bits(uint32_t tracks) {
    uint32_t count = 0;
    for (; tracks; tracks &= tracks - 1) count++;
    return count;
}

void gd_recorder_set(gd_recorder *recorder, uint32_t take, uint32_t tracks) {
    if (!recorder->tape) return;
    recorder->take = take;
    recorder->tracks = tracks & ((1u << GD_TRACKS) - 1);
    recorder->channels = 2 * (bits(recorder->tracks) + 1);
    if (take) atomic_store_explicit(&recorder->tape->lost, 0, memory_order_relaxed);
    atomic_store_explicit(&recorder->tape->take, take, memory_order_release);
}

void gd_recorder_begin(gd_recorder *recorder, int64_t frame, uint32_t frames) {
    gd_tape *tape = recorder->tape;
    recorder->open = 0;
    if (!recorder->take) return;
    uint32_t written = atomic_load_explicit(&tape->written, memory_order_relaxed);
    uint32_t used = written - atomic_load_explicit(&tape->read, memory_order_acquire);
    uint32_t wanted = recorder->short_of_room ? AGAIN : HEAD + frames * recorder->channels;
    recorder->short_of_room = used > GD_TAPE || GD_TAPE - used < wanted;
    if (recorder->short_of_room) {
        atomic_fetch_add_explicit(&tape->lost, frames, memory_order_relaxed);
        return;
    }
    recorder->open = 1;
    recorder->at = written + HEAD;
    recorder->stretch = (gd_stretch){.frame = frame, .frames = frames, .take = recorder->take};
}

void gd_recorder_track(gd_recorder *recorder, int32_t track, const float *sound) {
    if (!recorder->open || !(recorder->tracks >> track & 1)) return;
    recorder->stretch.tracks |= 1u << track;
    recorder->at = put(recorder->tape->ring, recorder->at, sound, 2 * recorder->stretch.frames);
}

void gd_recorder_end(gd_recorder *recorder, const float *master) {
    if (!recorder->open) return;
    gd_tape *tape = recorder->tape;
    uint32_t written = atomic_load_explicit(&tape->written, memory_order_relaxed);
    recorder->at = put(tape->ring, recorder->at, master, 2 * recorder->stretch.frames);
    put(tape->ring, written, &recorder->stretch, HEAD);
    atomic_store_explicit(&tape->written, recorder->at, memory_order_release);
}

uint32_t gd_tape_take(const gd_tape *tape) { return atomic_load_explicit(&tape->take, memory_order_acquire); }

uint64_t gd_tape_lost(const gd_tape *tape) { return atomic_load_explicit(&tape->lost, memory_order_relaxed); }

/* The next stretch in the ring, and the floats that lie there; 0: none. Where the memory was scribbled on nothing in it
 * can be believed: it is all passed over. */
static uint32_t look(gd_tape *tape, uint32_t read, gd_stretch *next) {
    uint32_t waiting = atomic_load_explicit(&tape->written, memory_order_acquire) - read;
    if (waiting == 0) return 0;
    if (waiting >= HEAD && waiting <= GD_TAPE) {
        take_out(tape->ring, read, next, HEAD);
        uint32_t sounding = bits(next->tracks & ((1u << GD_TRACKS) - 1)) + 1;
        if (next->frames <= LONGEST && HEAD + 2 * next->frames * sounding <= waiting)
            return HEAD + 2 * next->frames * sounding;
    }
    atomic_store_explicit(&tape->read, read + waiting, memory_order_release);
    return 0;
}

/* Put a stretch behind the `done` frames that are in `out` already. */
static void spread(const gd_tape *tape, uint32_t at, const gd_stretch *stretch, float *out, uint32_t done) {
    for (uint32_t track = 0; track <= GD_TRACKS; track++, out += 2 * GD_STRETCH) {
        if (track == GD_TRACKS || stretch->tracks >> track & 1)
            at = take_out(tape->ring, at, out + 2 * done, 2 * stretch->frames);
        else
            memset(out + 2 * done, 0, 2 * stretch->frames * sizeof(float));
    }
}

int gd_tape_read(gd_tape *tape, uint32_t take, gd_stretch *whole, float *out) {
    uint32_t read = atomic_load_explicit(&tape->read, memory_order_relaxed), length;
    gd_stretch next;
    *whole = (gd_stretch){.take = take};
    while ((length = look(tape, read, &next)) > 0 && next.take <= take) {
        if (next.take == take) {
            if (whole->frames + next.frames > GD_STRETCH) break;
            if (whole->frames == 0) whole->frame = next.frame;
            if (next.frame != whole->frame + whole->frames) break;
            spread(tape, read + HEAD, &next, out, whole->frames);
            whole->tracks |= next.tracks;
            whole->frames += next.frames;
        }
        read += length;
        atomic_store_explicit(&tape->read, read, memory_order_release);
    }
    return whole->frames > 0;
}
