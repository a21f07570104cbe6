"""Banks of patterns, chains and songs."""

from dataclasses import replace

from instrument.errors import MessageError
from instrument.messages import (
    CopyPattern,
    ErasePattern,
    EraseSong,
    PlayChain,
    PlaySong,
    SelectBank,
    SelectPattern,
    SetChain,
    StopChain,
    StoreSong,
)
from instrument.pattern import EMPTY
from instrument.program import Address, Chain, Cue, Program, Song, chain_of
from instrument.rules.bars import end_after, loaded
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def select_bank(_context: Context, state: State, said: SelectBank, _frame: int) -> Outcome:
    return replace(state, program=replace(state.program, bank=said.bank - 1)), []


def select_pattern(_context: Context, state: State, said: SelectPattern, _frame: int) -> Outcome:
    bank = said.bank - 1 if said.bank else state.program.bank
    chosen = replace(state, program=replace(state.program, bank=bank, link=None))
    return _going_to(chosen, (bank, said.pattern - 1), None), []


def _going_to(state: State, address: Address, link: int | None) -> State:
    """Return the state that goes on with a pattern at the end of this one's bars, at once when stopped.

    The pattern that plays already goes on as it is.
    """
    if not state.playing:
        origin = state.program.origin
        return loaded(state, Cue(address, origin, link))
    if address == state.program.address and link is None:
        return replace(state, program=replace(state.program, cue=None))
    return replace(state, program=replace(state.program, cue=Cue(address, end_after(state), link)))


def copy_pattern(_context: Context, state: State, said: CopyPattern, _frame: int) -> Outcome:
    address = (said.bank - 1, said.pattern - 1)
    if address == state.program.address:
        return state, []
    return replace(state, program=state.program.stored(address, state.pattern)), []


def erase_pattern(_context: Context, state: State, said: ErasePattern, _frame: int) -> Outcome:
    address = (said.bank - 1, said.pattern - 1)
    if address == state.program.address:
        lanes = (EMPTY,) * len(state.pattern.lanes)
        return replace(state, pattern=replace(state.pattern, lanes=lanes)), []
    return replace(state, program=state.program.stored(address, None)), []


def set_chain(_context: Context, state: State, said: SetChain, _frame: int) -> Outcome:
    return replace(state, program=_chained(state.program, chain_of(said.chain), said.loops)), []


def _chained(program: Program, chain: Chain, loops: bool) -> Program:
    """Return the program with another chain; one that plays goes on with it, if it still has that place."""
    cue = None if program.cue is not None and program.cue.link is not None else program.cue
    link = program.link if program.link is not None and program.link < len(chain) else None
    return replace(program, chain=chain, loops=loops, link=link, cue=cue)


def play_chain(_context: Context, state: State, _said: PlayChain, _frame: int) -> Outcome:
    if not state.program.chain:
        raise MessageError("the chain is empty; write it first, as A1x4 B2")
    return _going_to(state, state.program.chain[0].address, 0), []


def stop_chain(_context: Context, state: State, _said: StopChain, _frame: int) -> Outcome:
    cue = state.program.cue
    kept = None if cue is not None and cue.link is not None else cue
    return replace(state, program=replace(state.program, link=None, cue=kept)), []


def store_song(_context: Context, state: State, said: StoreSong, _frame: int) -> Outcome:
    if not state.program.chain or not said.name:
        raise MessageError("a song has a name and a chain that is not empty")
    return _with_song(state, said.song, Song(said.name, state.program.chain)), []


def play_song(context: Context, state: State, said: PlaySong, frame: int) -> Outcome:
    song = state.program.songs[said.song - 1]
    if song is None:
        raise MessageError(f"there is no song {said.song}")
    program = _chained(state.program, song.chain, loops=False)
    return play_chain(context, replace(state, program=program), PlayChain(), frame)


def erase_song(_context: Context, state: State, said: EraseSong, _frame: int) -> Outcome:
    return _with_song(state, said.song, None), []


def _with_song(state: State, number: int, song: Song | None) -> State:
    songs = state.program.songs
    songs = (*songs[: number - 1], song, *songs[number:])
    return replace(state, program=replace(state.program, songs=songs))


RULES: Rules = {
    SelectBank: select_bank,
    SelectPattern: select_pattern,
    CopyPattern: copy_pattern,
    ErasePattern: erase_pattern,
    SetChain: set_chain,
    PlayChain: play_chain,
    StopChain: stop_chain,
    StoreSong: store_song,
    PlaySong: play_song,
    EraseSong: erase_song,
}
