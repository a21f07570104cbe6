"""Recordings of the running instrument: what its state asks for, made by the recorder and shown."""

import time
from dataclasses import replace

from instrument.conductor import Conductor
from instrument.drivers.recorder import Order, Recorder
from instrument.engine.launch import Engine
from instrument.messages import Message, RecordStart, RecordStop
from instrument.rules.state import State
from instrument.snapshot import Snapshot
from instrument.supervisor import Supervisor


class Takes:
    """Keeps the recorder in line with the state, and the state with what the recorder could do."""

    def __init__(self, conductor: Conductor, supervisor: Supervisor, recorder: Recorder) -> None:
        self._conductor = conductor
        self._supervisor = supervisor
        self._recorder = recorder

    def turn(self) -> None:
        """Begin, hear of, or end a recording; cheap to call often."""
        state, engine = self._conductor.performance.state, self._supervisor.engine
        wanted = state.recording and engine is not None
        self._recorder.follow(_order(state, engine) if wanted and engine is not None else None)
        if wanted and self._recorder.gave_up(state.takes):
            self._say(RecordStop())

    def anew(self) -> None:
        """Go on in another recording: another engine has just taken over."""
        state = self._conductor.performance.state
        if state.recording:
            self._say(RecordStop())
            self._say(RecordStart(state.stems))

    def finish(self) -> None:
        """End the recording at hand and wait until it is written."""
        self._say(RecordStop())
        self._recorder.stop()

    @property
    def warning(self) -> str:
        """What went wrong with the newest recording, or an empty text."""
        return self._recorder.warning

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with the recording at hand."""
        taken = self._recorder.progress
        if taken is None:
            return snapshot
        seconds, lost_s = round(taken.seconds, 1), round(taken.lost_s, 3)
        return replace(snapshot, recording=taken.path, recorded_s=seconds, recording_lost_s=lost_s)

    def _say(self, said: Message) -> None:
        now_ns = time.monotonic_ns()
        self._conductor.take(said, now_ns, now_ns)


def _order(state: State, engine: Engine) -> Order:
    return Order(
        take=state.takes,
        tape=engine.tape,
        rate_hz=round(engine.info.rate_hz),
        stems=tuple(track.name for track in state.kit.tracks) if state.stems else (),
    )
