#include "events.h"

#include <math.h>

#define LARGEST 1e6f    /* of an embedding's, a latent's or a condition's numbers: sums over them stay finite */

void gd_pending_clear(gd_pending *pending) {
    pending->count = 0;
    for (uint32_t i = 0; i < GD_PENDING; i++) pending->vacant[i] = i;
}

static int earlier(const gd_waiter *a, const gd_waiter *b) {
    return a->frame != b->frame ? a->frame < b->frame : a->arrival < b->arrival;
}

static void rise(gd_waiter *heap, uint32_t at) {
    gd_waiter moving = heap[at];
    while (at > 0 && earlier(&moving, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moving;
}

static void sink(gd_waiter *heap, uint32_t count, uint32_t at) {
    gd_waiter moving = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && earlier(&heap[child + 1], &heap[child])) child++;
        if (!earlier(&heap[child], &moving)) break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

int gd_pending_add(gd_pending *pending, const gd_event *event) {
    if (pending->count >= GD_PENDING) return 0;
    uint32_t slot = pending->vacant[pending->count];
    pending->store[slot] = *event;
    pending->heap[pending->count] = (gd_waiter){event->frame, pending->arrivals++, slot};
    rise(pending->heap, pending->count++);
    return 1;
}

int64_t gd_pending_next(const gd_pending *pending) {
    return pending->count ? pending->heap[0].frame : INT64_MAX;
}

const gd_event *gd_pending_pop(gd_pending *pending) {
    uint32_t slot = pending->heap[0].slot;
    pending->vacant[--pending->count] = slot;
    pending->heap[0] = pending->heap[pending->count];
    if (pending->count) sink(pending->heap, pending->count, 0);
    return &pending->store[slot];
}

static int cancels(const gd_event *cancel, const gd_event *event) {
    return event->kind == GD_HIT && event->frame >= cancel->frame && event->source == cancel->source &&
           (cancel->track < 0 || event->track == cancel->track);
}

void gd_pending_cancel(gd_pending *pending, const gd_event *cancel) {
    uint32_t kept = 0, count = pending->count, freed = 0;
    uint32_t slots[GD_PENDING];
    for (uint32_t i = 0; i < count; i++) {
        if (cancels(cancel, &pending->store[pending->heap[i].slot]))
            slots[freed++] = pending->heap[i].slot;
        else
            pending->heap[kept++] = pending->heap[i];
    }
    if (!freed) return;
    /* vacant[kept ..] takes the freed slots; below it the order is free, since those are all in use. */
    for (uint32_t i = 0; i < freed; i++) pending->vacant[kept + i] = slots[i];
    pending->count = kept;
    for (uint32_t i = kept / 2; i-- > 0;) sink(pending->heap, kept, i);
}

static void bound(float *values, int count, float lowest, float highest) {
    for (int i = 0; i < count; i++) {
        if (!isfinite(values[i])) values[i] = 0.0f;
        values[i] = fminf(fmaxf(values[i], lowest), highest);
    }
}

int gd_event_sanitise(gd_event *event) {
    int any_track = event->kind != GD_HIT && event->kind != GD_SOUND;
    if (event->kind < GD_HIT || event->kind > GD_RECORD) return 0;
    if (event->kind == GD_RESET) return 1;
    if (event->track >= GD_TRACKS || event->track < (any_track ? -1 : 0)) return 0;
    if (event->kind == GD_HIT && (event->path >= GD_PATHS || event->path < -1)) return 0;
    if (event->frame < 0) event->frame = 0;
    bound(event->embedding, GD_EMBEDDING, -LARGEST, LARGEST);
    bound(event->latent, GD_LATENT, -LARGEST, LARGEST);
    bound(event->condition, GD_CONDITION, -LARGEST, LARGEST);
    float *values = event->values;
    bound(&values[GD_GAIN], 1, 0.0f, 64.0f);
    float furthest = event->kind == GD_HIT ? 2.0f : 1.0f;
    bound(&values[GD_PAN], 1, -furthest, furthest);
    bound(&values[GD_MUTE], 1, 0.0f, 1.0f);
    bound(&values[GD_TILT], 1, -24.0f, 24.0f);
    bound(&values[GD_DECAY_S], 1, 0.0f, 1000.0f);
    bound(&values[GD_TUNE], 1, 0.0f, 16.0f);
    bound(&values[GD_CHOKE_GROUP], 1, 0.0f, 1e6f);
    bound(&values[GD_LENGTH_S], 1, 0.0f, 600.0f);
    bound(&values[GD_PITCH_HZ], 1, 0.0f, 20000.0f);
    if (values[GD_TUNE] == 0.0f) values[GD_TUNE] = 1.0f;
    if (values[GD_TUNE] < 1.0f / 16.0f) values[GD_TUNE] = 1.0f / 16.0f;
    return 1;
}
