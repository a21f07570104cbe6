"""The kit as a whole."""

from dataclasses import replace

from instrument.errors import MessageError
from instrument.events import ALL_TRACKS, Mix
from instrument.messages import ChooseKit, LoadKit, SetMasterLevel
from instrument.rules.bars import bar_after
from instrument.rules.context import Context
from instrument.rules.stage import Due
from instrument.rules.staging import arranged
from instrument.rules.state import Outcome, Rules, State
from instrument.units import db_to_gain


def load_kit(context: Context, state: State, said: LoadKit, frame: int) -> Outcome:
    kit = context.kits.get(said.kit)
    if kit is None:
        raise MessageError(f"no kit named {said.kit!r} for this bundle; known are {', '.join(context.kits)}")
    if said.at_bar and state.playing:
        return arranged(state, Due(bar_after(state), kit=kit)), []
    now = state.with_kit(kit)
    return now, now.mixes(frame)


def choose_kit(context: Context, state: State, said: ChooseKit, frame: int) -> Outcome:
    names = list(context.kits)
    if said.number > len(names):
        raise MessageError(f"there is no kit {said.number}; this bundle has {len(names)} kits")
    return load_kit(context, state, LoadKit(names[said.number - 1], said.at_bar), frame)


def set_master_level(_context: Context, state: State, said: SetMasterLevel, frame: int) -> Outcome:
    level_db = float(said.level_db)
    return replace(state, level_db=level_db), [Mix(frame=frame, track=ALL_TRACKS, gain=db_to_gain(level_db))]


RULES: Rules = {LoadKit: load_kit, ChooseKit: choose_kit, SetMasterLevel: set_master_level}
