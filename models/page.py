"""One HTML file to listen to and look at: `python -m models.page RESULTS_DIR BUNDLE DATA_DIR`.

Of each class: held-out recordings beside what the model and the paper's configuration make of them, draws
beside recordings, and morphs; then the tables. Nothing is fetched: sounds and pictures lie in the file.
"""

import argparse
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import bundle as bundles
from instrument.bands import MODEL_RATE_HZ
from instrument.errors import GraindrumError
from models import baseline, data, media, page_tables, speed
from models.config import Config
from models.data import Hit, Hits
from models.results import Results
from models.systems import Core, System

F32 = NDArray[np.float32]

TEMPLATE = Path(__file__).with_name("page.html")
HELD, DRAWN, MORPHS, STEPS = 6, 20, 2, 11
HELD_S, DRAWN_S, STEP_S = (
    3.0,
    1.5,
    0.6,
)  # longest of a recording and its reconstructions, a draw, a morph's step
WIDTH, HEIGHT = 128, 76  # of a picture, pixels
SHORTEST_SHOWN_S = 0.25
SEED = 1  # of everything drawn
SPEED = "speed.json"  # in the results' folder, as models.speed --json writes it


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A sound with its picture; `seconds` are shown."""

    label: str
    title: str
    sound: F32
    seconds: float
    width: int = WIDTH


@dataclass(slots=True)
class Scale:
    """What pictures of a class share: how much time is shown, and which level is brightest."""

    seconds: float
    top_db: float

    @classmethod
    def of(cls, sounds: Sequence[F32]) -> "Scale":
        """Return the scale that shows nine in ten of these whole."""
        lengths = [len(sound) / MODEL_RATE_HZ for sound in sounds]
        seconds = max(SHORTEST_SHOWN_S, float(np.quantile(lengths, 0.9)))
        tops = [media.spectrogram(sound, seconds, WIDTH, HEIGHT).max() for sound in sounds]
        return cls(seconds, float(np.median(tops)))


@dataclass(slots=True)
class Page:
    """A page being written: what is played, and what is heard so far; `tick` is called after each sound."""

    ours: System
    baseline: System | None
    hits: Hits
    tick: Callable[[], object] = lambda: None
    reels: int = field(default=0, init=False)

    def sounds(self) -> int:
        """Return at most how many sounds there will be."""
        return len(self.hits.classes) * (HELD * (1 + len(self.systems())) + 2 * DRAWN + MORPHS * STEPS)

    def section(self, label: int) -> str:
        """Return the section of one class."""
        own = [hit for hit in self.hits.hits if hit.original and hit.label == label]
        real, held = _spread(own, DRAWN), _spread([hit for hit in own if hit.held], HELD)
        scale = Scale.of([media.trimmed(hit.audio, DRAWN_S) for hit in real])
        name = self.hits.classes[label].replace("_", " ")
        parts = [f'<section id="{escape(self.hits.classes[label])}"><h2>{escape(name)}</h2>']
        if held:
            parts.append("<h3>Held-out recordings, and what is made of them</h3>")
            parts.append(self._rows([self._reconstructed(hit, scale) for hit in held], scale))
        parts.append('<div class="sides">')
        parts.append(self._grid("Draws", list(self._drawn(label, real, scale)), scale))
        parts.append(self._grid("Recordings", list(self._recorded(real, scale)), scale))
        parts.append("</div><h3>Morphs, 11 steps</h3>")
        parts.append(self._rows([[tile] for tile in self._morphs(label, held or real)], scale))
        return "\n".join([*parts, "</section>"])

    def _reconstructed(self, hit: Hit, scale: Scale) -> list[Tile]:
        """Return a recording and what each system makes of it."""
        name = Path(hit.path).stem
        made = [(name, hit.audio)]
        made += [(system.name, system.reconstruct(hit, SEED)) for system in self.systems()]
        return [self._tile(label, name, (sound, HELD_S), scale) for label, sound in made]

    def _drawn(self, label: int, real: Sequence[Hit], scale: Scale) -> Iterator[Tile]:
        """Give draws, at the pitches of the recordings they stand beside."""
        for seed in range(DRAWN):
            pitch = real[seed % len(real)].pitch if real else 0.0
            sound = self.ours.sound(label, self.ours.draw(label, seed, pitch), seed, pitch)
            yield self._tile(str(seed + 1), f"draw {seed + 1}{_at(pitch)}", (sound, DRAWN_S), scale)

    def _recorded(self, real: Sequence[Hit], scale: Scale) -> Iterator[Tile]:
        for number, hit in enumerate(real):
            title = f"{Path(hit.path).stem}{', held out' if hit.held else ''}{_at(hit.pitch)}"
            yield self._tile(str(number + 1), title, (hit.audio, DRAWN_S), scale)

    def _morphs(self, label: int, real: Sequence[Hit]) -> Iterator[Tile]:
        """Give ways between two draws, and between two recordings' embeddings."""
        pitch = float(np.median([hit.pitch for hit in real])) if real else 0.0
        ends = [("two draws", [self.ours.draw(label, seed, pitch) for seed in (DRAWN, DRAWN + 1)])]
        if len(real) > 1:
            ends.append(("two recordings", [self.ours.embed(hit) for hit in (real[0], real[-1])]))
        for name, (one, other) in ends[:MORPHS]:
            steps = []
            for share in np.linspace(0.0, 1.0, STEPS):
                embedding = np.asarray((1.0 - share) * one + share * other, np.float32)
                steps.append(media.trimmed(self.ours.sound(label, embedding, SEED, pitch), STEP_S))
                self.tick()
            sound = _in_a_row(steps)
            yield Tile(name, f"between {name}{_at(pitch)}", sound, len(sound) / MODEL_RATE_HZ, 7 * WIDTH)

    def systems(self) -> list[System]:
        """Return what is heard beside the recordings."""
        return [self.ours] if self.baseline is None else [self.ours, self.baseline]

    def _tile(self, label: str, title: str, sound: tuple[F32, float], scale: Scale) -> Tile:
        self.tick()
        return Tile(label, title, media.trimmed(*sound), scale.seconds)

    def _grid(self, heading: str, tiles: list[Tile], scale: Scale) -> str:
        made = "\n".join(self._buttons(tiles, scale))
        return f'<div><h3>{escape(heading)}</h3><div class="grid">{made}</div></div>'

    def _rows(self, rows: Sequence[Sequence[Tile]], scale: Scale) -> str:
        made = iter(self._buttons([tile for row in rows for tile in row], scale))
        lines = [f'<div class="row">{"".join(next(made) for _ in row)}</div>' for row in rows]
        return f'<div class="rows">{"".join(lines)}</div>'

    def _buttons(self, tiles: Sequence[Tile], scale: Scale) -> list[str]:
        """Return a button a tile; the reel they play goes before the first."""
        sound, places = media.reel([tile.sound for tile in tiles])
        self.reels += 1
        name = f"reel{self.reels}"
        made = [
            _button(tile, f'data-reel="{name}" data-at="{at:.4f}" data-for="{length:.4f}"', scale.top_db)
            for tile, (at, length) in zip(tiles, places, strict=True)
        ]
        source = _uri("audio/ogg", media.vorbis(sound))
        return [f'<audio id="{name}" preload="none" src="{source}"></audio>{made[0]}', *made[1:]]


def _button(tile: Tile, place: str, top_db: float) -> str:
    levels = media.spectrogram(tile.sound, tile.seconds, tile.width, HEIGHT)
    picture = _uri("image/png", media.png(media.shaded(levels, top_db)))
    title = escape(f"{tile.label}: {tile.title}")
    told = f'data-shown="{tile.seconds:.3f}" title="{title}" aria-label="play {title}"'
    image = f'<img src="{picture}" width="{tile.width}" height="{HEIGHT}" alt="">'
    return f"<button {place} {told}>{image}<span>{escape(tile.label)}</span></button>"


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _at(pitch: float) -> str:
    return f", MIDI {pitch:.1f}" if pitch else ""


def _spread(hits: Sequence[Hit], count: int) -> list[Hit]:
    """Return at most `count` hits, evenly from all in the order of their names, so that no source has all."""
    ordered = sorted(hits, key=lambda hit: hit.path)
    places = np.unique(np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int))
    return [ordered[place] for place in places]


def _in_a_row(sounds: Sequence[F32]) -> F32:
    """Return sounds one every STEP_S."""
    step = int(STEP_S * MODEL_RATE_HZ)
    return np.concatenate([np.pad(sound, (0, step - len(sound))) for sound in sounds])


def write(out: Path, page: Page, title: str, tables: Sequence[str] = ()) -> Path:
    """Write the page: a section a class, then `tables`, HTML each."""
    sections = [page.section(label) for label in range(len(page.hits.classes))]
    links = [f'<a href="#{escape(c)}">{escape(c.replace("_", " "))}</a>' for c in page.hits.classes]
    if tables:
        links.append('<a href="#figures">figures</a>')
        sections += ['<section id="figures"><h2>Figures</h2>', *tables, "</section>"]
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        summary=_summary(page),
        links=" ".join(links),
        body="\n".join(sections),
        range=f"{media.RANGE_DB:g}",
    )
    out.write_text(text, encoding="utf-8")
    return out


def _summary(page: Page) -> str:
    """Return a line on what is heard."""
    systems = ", ".join(escape(system.name) for system in page.systems())
    sources = ", ".join(escape(name) for name in page.hits.held_sources) or "single pitches"
    return f"Systems: {systems}. Held out of training: {sources}; the judged recordings are of these alone."


def tables(folder: Path) -> list[str]:
    """Return the tables of a folder of results."""
    results = Results.load(folder)
    made = [page_tables.overview(results), "<h3>By class</h3>", page_tables.by_class(results)]
    made.append(page_tables.ladder(results))
    if (folder / SPEED).exists():
        made.append(page_tables.speed(speed.load(folder / SPEED)))
    return made


def main() -> None:
    """Read the command line and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="what models.evaluate wrote")
    parser.add_argument("bundle")
    parser.add_argument("data", type=Path)
    parser.add_argument("--baseline", type=Path, help="a run of models.baseline on the same split")
    parser.add_argument("--cache", type=Path, help="as given to models.evaluate; default: RESULTS/cache")
    parser.add_argument("--out", type=Path, help="default: page.html beside the results")
    args = parser.parse_args()
    torch.set_num_threads(1)
    try:
        made = tables(args.results)
        bundle = bundles.load(args.bundle)
        cache = args.cache or args.results / "cache"
        hits = data.read(args.data, cache, Config.of_provenance(bundle.header.provenance))
        if hits.classes != bundle.classes:
            raise ValueError(f"{args.data}: its classes are {', '.join(hits.classes)}, not the bundle's")
        paper = baseline.load(args.baseline) if args.baseline else None
    except (GraindrumError, OSError, ValueError) as error:
        parser.error(str(error))
    page = Page(Core(bundle, bundle.name), paper, hits)
    with tqdm(total=page.sounds(), unit="sound", mininterval=2.0) as bar:
        page.tick = bar.update
        out = write(args.out or args.results / "page.html", page, f"{bundle.name}: listen and look", made)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
