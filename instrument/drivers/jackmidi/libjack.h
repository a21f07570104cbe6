/* The few functions of libjack that are used, declared here and found at run time: no header, no link. */
#ifndef GRAINDRUM_LIBJACK_H
#define GRAINDRUM_LIBJACK_H

#include <stddef.h>
#include <stdint.h>

enum { JACK_NO_START_SERVER = 1, JACK_IS_INPUT = 1, JACK_IS_OUTPUT = 2 };
#define JACK_MIDI_TYPE "8 bit raw midi"

typedef struct {
    uint32_t time; /* frame of the block */
    size_t size;
    uint8_t *buffer;
} jack_midi_event;

typedef struct {
    void *(*client_open)(const char *name, int options, int *status, ...);
    int (*client_close)(void *client);
    char *(*get_client_name)(void *client);
    int (*activate)(void *client);
    void (*on_shutdown)(void *client, void (*callback)(void *), void *argument);
    int (*set_process_callback)(void *client, int (*callback)(uint32_t, void *), void *argument);
    int (*set_freewheel_callback)(void *client, void (*callback)(int, void *), void *argument);
    int (*set_port_registration_callback)(void *client, void (*callback)(uint32_t, int, void *), void *argument);
    void (*set_error_function)(void (*say)(const char *));
    void (*set_info_function)(void (*say)(const char *));
    void *(*port_register)(void *client, const char *name, const char *type, unsigned long flags, unsigned long size);
    int (*port_unregister)(void *client, void *port);
    void *(*port_by_id)(void *client, uint32_t id);
    void *(*port_by_name)(void *client, const char *name);
    const char *(*port_name)(const void *port);
    int (*port_get_aliases)(const void *port, char *const aliases[2]);
    int (*port_name_size)(void);
    void *(*port_get_buffer)(void *port, uint32_t frames);
    const char **(*get_ports)(void *client, const char *name, const char *type, unsigned long flags);
    int (*connect)(void *client, const char *source, const char *sink);
    void (*free)(void *);
    uint32_t (*get_sample_rate)(void *client);
    uint64_t (*get_time)(void); /* us */
    int (*get_cycle_times)(const void *client, uint32_t *frames, uint64_t *begun_us, uint64_t *next_us, float *period_us);
    uint32_t (*midi_get_event_count)(void *buffer);
    int (*midi_event_get)(jack_midi_event *event, void *buffer, uint32_t index);
    void (*midi_clear_buffer)(void *buffer);
    int (*midi_event_write)(void *buffer, uint32_t frame, const uint8_t *data, size_t size);
} libjack;

/* The library, loaded once and kept; NULL where it is absent or lacks a function. Not for two threads at once. */
const libjack *libjack_load(void);

#endif
