"""The engine process: opens the audio device with the C core as its callback, then only watches.

No Python runs in the audio path. The process ends when its standard input does, which is when control ends,
however that happens; and by itself, with a status other than 0, when the device goes away, so that control
starts another.
"""

import argparse
import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from instrument import bundle, outputs
from instrument.engine import link
from instrument.engine._core import ffi, lib
from instrument.engine.link import Link
from instrument.engine.model import new_engine
from instrument.engine.offline import Offline
from instrument.engine.tape import Tape
from instrument.errors import DeviceError, GraindrumError
from instrument.outputs import NULL, Output

CLIENT_NAME = b"graindrum"  # in JACK's graph; PortAudio keeps the pointer
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4
FIRST_BLOCK_S = 3.0
WATCH_S = 0.25
STALL_S = 5.0  # a device that asks for nothing that long is gone
CLOSE_S = 0.5  # drivers may hang when their device has gone
STATUS_ERROR, STATUS_STOPPED, STATUS_STALLED = 2, 3, 4


class Stream(Protocol):
    """Something that calls the core for blocks."""

    @property
    def active(self) -> bool: ...

    def close(self) -> None: ...


class NullStream:
    """The core's own clock in place of a device."""

    active = True

    def __init__(self, engine: Any, block_frames: int, *, silent: bool) -> None:
        self._engine = engine
        if not lib.gd_null_start(engine, block_frames, silent):
            raise DeviceError(f"the null device takes no {block_frames} frames a block; expected 1 to 65536")

    def close(self) -> None:
        lib.gd_null_stop(self._engine)


class Host:
    """One engine on one output."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._bundle = bundle.load(options.bundle)
        self.link = Link.open(options.link)
        self._tape = Tape.open(options.tape)
        self.passed_over: list[str] = []  # outputs that did not open, and why
        rehearse(self._bundle)

    def open(self) -> tuple[Stream, Output]:
        """Start the first output that works; DeviceError when none does."""
        with _quiet():
            audio = None if self._options.audio == "null" else _sounddevice()
            for output in outputs.candidates(_outputs(audio), self._options.audio):
                opened = self._try(audio, output)
                if not isinstance(opened, str):
                    return opened, output
                self.passed_over.append(f"{output.label}: {opened}")
        raise DeviceError(f"no audio output could be opened: {'; '.join(self.passed_over)}")

    def _try(self, audio: Any, output: Output) -> Stream | str:
        """Return a stream that sounds, or why there is none."""
        if audio is None:
            return self._start(audio, output)
        try:
            return self._start(audio, output)
        except (DeviceError, audio.PortAudioError) as error:
            return str(error)

    def _start(self, audio: Any, output: Output) -> Stream:
        block_frames = self._options.block
        if output is NULL:
            stream: Stream = NullStream(
                self._engine(self._options.rate), block_frames, silent=self._options.silent
            )
        else:
            rate_hz = _rate_hz(audio, output, self._options.rate)
            stream = _portaudio(audio, output, self._arguments(output, rate_hz))
        deadline = time.monotonic() + FIRST_BLOCK_S
        while self.link.telemetry().clock_ns == 0:
            if time.monotonic() > deadline:
                stream.close()
                raise DeviceError(f"asked for no sound within {FIRST_BLOCK_S:g} s")
            time.sleep(0.001)
        return stream

    def _engine(self, rate_hz: float) -> Any:
        try:
            engine = new_engine(self._bundle, rate_hz, self.link)
        except ValueError as error:
            raise DeviceError(str(error)) from None
        lib.gd_engine_tape(engine, self._tape.shared)
        return engine

    def _arguments(self, output: Output, rate_hz: float) -> dict[str, Any]:
        """Return how PortAudio shall call the core."""
        name = "gd_silent_callback" if self._options.silent else "gd_callback"
        own_blocks = output.api == outputs.JACK  # any other size than the server's would add latency
        return {
            "samplerate": rate_hz,
            "blocksize": 0 if own_blocks else self._options.block,
            "latency": "low" if own_blocks else 2 * self._options.block / rate_hz,
            "callback": int(ffi.cast("uintptr_t", ffi.addressof(lib, name))),
            "userdata": int(ffi.cast("uintptr_t", self._engine(rate_hz))),
        }


def _portaudio(audio: Any, output: Output, arguments: dict[str, Any]) -> Stream:
    """Open and start a stream whose callback is a C function: no wrapper, no Python in it."""
    stream: Any = audio._StreamBase(
        kind="output",
        device=output.index,
        channels=outputs.CHANNELS,
        dtype="float32",
        wrap_callback=None,
        clip_off=True,
        dither_off=True,
        **arguments
        | {
            "callback": audio._ffi.cast("PaStreamCallback *", arguments["callback"]),
            "userdata": audio._ffi.cast("void *", arguments["userdata"]),
        },
    )
    stream.start()
    opened: Stream = stream
    return opened


def _sounddevice() -> Any:
    """Import sounddevice with our name in JACK's graph; None when PortAudio is not installed."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    with contextlib.suppress(OSError, AttributeError):  # a PortAudio without JACK, or another file name
        ctypes.CDLL("libportaudio.so.2").PaJack_SetClientName(CLIENT_NAME)
    try:
        import sounddevice
    except OSError:
        return None
    return sounddevice


def _outputs(audio: Any) -> tuple[Output, ...]:
    if audio is None:
        return ()
    return outputs.from_portaudio(audio.query_hostapis(), audio.query_devices(), outputs.usb_cards())


def _rate_hz(audio: Any, output: Output, wanted_hz: float) -> float:
    """Return the wished rate where the output plays it, else its own."""
    if output.api == outputs.JACK:
        return output.rate_hz
    try:
        audio.check_output_settings(output.index, outputs.CHANNELS, "float32", samplerate=wanted_hz)
    except audio.PortAudioError:
        return output.rate_hz
    return wanted_hz


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep audio libraries from writing to standard error; what matters comes back as an error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def rehearse(loaded: bundle.Bundle) -> None:
    """Play a little to nobody, so that the core's code is in memory before the first hit needs it."""
    with Offline(loaded) as offline:
        timbre = link.Timbre(condition=loaded.condition(0))
        for event in (link.hit(0, 0, timbre, link.Start()), link.sound(300, 0, timbre), link.choke(900)):
            offline.push(event)
        offline.render(2048)


def lock_memory() -> bool:
    """Keep what this process uses, now and later, from being paged out; False where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)


def watch(stream: Stream, shared: Link) -> int:
    """Wait for the end of standard input, of control or of the device; return the exit status."""
    control = os.getppid()
    frame, moved_s = -1, time.monotonic()
    while os.getppid() == control:
        ready, _, _ = select.select([0], [], [], WATCH_S)
        if ready and not os.read(0, 4096):
            return 0
        if not stream.active:
            return STATUS_STOPPED
        now_s, now_frame = time.monotonic(), shared.telemetry().frame
        if now_frame != frame:
            frame, moved_s = now_frame, now_s
        if now_s - moved_s > STALL_S:
            return STATUS_STALLED
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="instrument.engine.host", description=__doc__)
    parser.add_argument("--link", type=int, required=True, metavar="FD")
    parser.add_argument("--tape", type=int, required=True, metavar="FD")
    parser.add_argument("--bundle", required=True, metavar="PATH")
    parser.add_argument("--audio", default="auto", metavar="DEVICE")
    parser.add_argument("--rate", type=int, default=48_000, metavar="HZ")
    parser.add_argument("--block", type=int, default=128, metavar="FRAMES")
    parser.add_argument("--silent", action="store_true")
    return parser.parse_args(arguments)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Play until control ends; the exit status says why it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for control, which then ends this process
    try:
        host = Host(_options(arguments))
        stream, output = host.open()
    except GraindrumError as error:
        _say({"error": str(error)})
        return STATUS_ERROR
    gc.collect()
    gc.freeze()
    gc.disable()
    for line in host.passed_over:
        sys.stderr.write(f"engine: not on {line}\n")
    heard = host.link.telemetry()
    sounding = {"device": output.label, "rate_hz": heard.rate_hz, "block_frames": heard.block_frames}
    _say(sounding | {"locked": lock_memory()})
    status = watch(stream, host.link)
    signal.setitimer(signal.ITIMER_REAL, CLOSE_S)  # ends the process should closing hang
    if status == 0:
        stream.close()
    os._exit(status)  # neither libraries nor Python need tidying up


if __name__ == "__main__":
    sys.exit(main())
