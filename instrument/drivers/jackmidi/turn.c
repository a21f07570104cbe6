#define _GNU_SOURCE
/* JACK's process callback: bounded, no lock, no allocation, one write to the eventfd a block and no other system call. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client.h"

enum {
    SORTED = 256, /* messages to send that are put in order in one block: bounds its time */
    ACTIVE_SENSING = 0xFE,
    BY_HAND = 0   /* place of the first port: what is wired to it may be heard on another as well */
};

typedef struct {
    uint32_t frames;
    int64_t began_ns, ended_ns;
    double frame_ns; /* 0 in freewheel */
} block;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void count(_Atomic uint64_t *counter) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); }

/* JACK smooths its blocks' beginnings (a delay-locked loop); after a stall it may be far off, and is not believed. */
static block this_block(jm_client *c, uint32_t frames) {
    uint32_t frame;
    uint64_t begun_us, next_us;
    float period_us;
    int64_t before = now_ns(), jack = (int64_t)c->jack->get_time() * 1000, after = now_ns();
    block b = {.frames = frames, .began_ns = after, .ended_ns = after + 1};
    if (atomic_load_explicit(&c->freewheels, memory_order_relaxed)) return b;
    b.frame_ns = 1e9 / c->jack->get_sample_rate(c->client);
    double period_ns = b.frame_ns * frames;
    if (c->jack->get_cycle_times(c->client, &frame, &begun_us, &next_us, &period_us) == 0) {
        /* JACK's clock is CLOCK_MONOTONIC in us; where it is another one, the distance between the two. */
        int64_t apart = jack > before - 1000000 && jack < after + 1000000 ? 0 : (before + after) / 2 - jack;
        int64_t began = (int64_t)begun_us * 1000 + apart;
        int64_t next = (int64_t)next_us * 1000 + apart;
        if (llabs(after - began) < 2 * period_ns && llabs(next - began - (int64_t)period_ns) < period_ns / 10) {
            b.began_ns = began;
            b.frame_ns = (double)(next - began) / frames;
        }
    }
    b.ended_ns = b.began_ns + (int64_t)(b.frame_ns * frames);
    return b;
}

/* Whether another port has brought the same bytes at the same moment; those of a moment lie together in the ring. */
static int heard_already(const jm_client *c, const jack_midi_event *event, int64_t time_ns, uint32_t since) {
    uint32_t at = atomic_load_explicit(&c->in.pushed, memory_order_relaxed);
    while (at != since) {
        const jm_message *other = &c->in.messages[--at & (JM_MESSAGES - 1)];
        if (other->time_ns != time_ns) return 0;
        if (other->port % JM_PORTS != BY_HAND && other->size == event->size &&
            memcmp(other->data, event->buffer, event->size) == 0)
            return 1;
    }
    return 0;
}

static void push(jm_client *c, const jack_midi_event *event, uint32_t port, int64_t time_ns, uint32_t since) {
    if (event->size == 0 || event->buffer[0] == ACTIVE_SENSING) return;
    if (event->size > JM_LONGEST) {
        count(&c->too_long);
        return;
    }
    if (port % JM_PORTS == BY_HAND && heard_already(c, event, time_ns, since)) return;
    jm_message *message = ring_slot(&c->in);
    if (!message) {
        count(&c->full_in);
        return;
    }
    message->time_ns = time_ns;
    message->port = port;
    message->size = (uint32_t)event->size;
    memcpy(message->data, event->buffer, event->size);
    ring_push(&c->in);
}

typedef struct {
    void *buffer;
    uint32_t port, next, count;
    jack_midi_event event;
} reading;

static int read_next(const jm_client *c, reading *r) {
    return r->next < r->count && c->jack->midi_event_get(&r->event, r->buffer, r->next++) == 0;
}

static uint32_t open_readings(jm_client *c, uint32_t frames, reading *readings) {
    uint32_t opened = 0;
    for (uint32_t i = 0; i < JM_PORTS; i++) {
        void *port = atomic_load(&c->places[i].port);
        if (!port || c->places[i].sends) continue;
        reading *r = &readings[opened];
        r->buffer = c->jack->port_get_buffer(port, frames);
        if (!r->buffer) continue;
        r->port = atomic_load_explicit(&c->places[i].number, memory_order_relaxed);
        r->next = 0;
        r->count = c->jack->midi_get_event_count(r->buffer);
        opened += (uint32_t)read_next(c, r);
    }
    return opened;
}

/* In the order of their frames; at the same frame the first port, wired by hand, comes last. */
static void receive(jm_client *c, const block *b) {
    reading readings[JM_PORTS];
    uint32_t since = atomic_load_explicit(&c->in.pushed, memory_order_relaxed);
    uint32_t opened = open_readings(c, b->frames, readings);
    while (opened > 0) {
        uint32_t first = 0;
        for (uint32_t i = 1; i < opened; i++)
            if (readings[i].event.time <= readings[first].event.time) first = i;
        reading *r = &readings[first];
        push(c, &r->event, r->port, b->began_ns + (int64_t)(b->frame_ns * r->event.time), since);
        if (!read_next(c, r)) *r = readings[--opened];
    }
    if (atomic_load_explicit(&c->in.pushed, memory_order_relaxed) != since) jm_wake(c);
}

static void transmit(jm_client *c, const block *b) {
    void *buffers[JM_PORTS] = {0};
    for (uint32_t i = 0; i < JM_PORTS; i++) {
        void *port = atomic_load(&c->places[i].port);
        if (!port || !c->places[i].sends) continue;
        buffers[i] = c->jack->port_get_buffer(port, b->frames);
        if (buffers[i]) c->jack->midi_clear_buffer(buffers[i]);
    }
    const jm_message *message;
    for (int i = 0; i < SORTED && !heap_full(&c->waiting) && (message = ring_peek(&c->out)); i++) {
        heap_add(&c->waiting, message);
        ring_take(&c->out);
    }
    for (message = c->waiting.messages; c->waiting.count && message->time_ns < b->ended_ns;) {
        uint32_t at = message->port % JM_PORTS, frame = 0;
        if (message->time_ns > b->began_ns && b->frame_ns > 0.0)
            frame = (uint32_t)((double)(message->time_ns - b->began_ns) / b->frame_ns + 0.5);
        if (frame >= b->frames) frame = b->frames - 1;
        if (!buffers[at] || atomic_load_explicit(&c->places[at].number, memory_order_relaxed) != message->port ||
            c->jack->midi_event_write(buffers[at], frame, message->data, message->size) != 0)
            count(&c->unsent);
        heap_drop_first(&c->waiting);
    }
}

int jm_turn(uint32_t frames, void *argument) {
    jm_client *c = argument;
    atomic_store(&c->inside, 1);
    block b = this_block(c, frames);
    receive(c, &b);
    transmit(c, &b);
    atomic_store(&c->inside, 0);
    return 0;
}
