"""The page holds all it shows: it parses, what it plays is what it says, and nothing lies elsewhere."""

import io
import json
import re
import sys
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile

from models import media, page, page_tables, speed
from models.data import Hit, Hits
from models.figures import Figure
from models.results import Bar, Results

RATE_HZ = 48_000
CLASSES = ("kick", "open_hat")
OF_CLASS_HZ = (110.0, 3520.0)
DRAWN, PAPER = 1.5, 2.0  # draws sound a fifth above recordings, the second system an octave above
VOID = {"meta", "img", "br", "line", "circle"}


def tone(hz: float, seconds: float = 0.2) -> np.ndarray:
    """Return a tone that dies away."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(0.8 * np.sin(2 * np.pi * hz * t) * np.exp(-8 * t), np.float32)


class Tones:
    """A system that knows two tones; an embedding is the logarithm of a frequency ratio."""

    classes: tuple[str, ...] = CLASSES

    def __init__(self, name: str, ratio: float = 1.0) -> None:
        self.name, self.ratio = name, ratio

    def reconstruct(self, hit: Hit, seed: int) -> np.ndarray:  # noqa: ARG002
        return tone(OF_CLASS_HZ[hit.label] * self.ratio)

    def embed(self, hit: Hit) -> np.ndarray:  # noqa: ARG002
        return np.zeros(1, np.float32)

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> np.ndarray:  # noqa: ARG002
        return np.full(1, np.log(DRAWN), np.float32)

    def sound(self, label: int, embedding: np.ndarray, seed: int, pitch: float = 0.0) -> np.ndarray:  # noqa: ARG002
        return tone(OF_CLASS_HZ[label] * float(np.exp(embedding[0])))


def made_hits(held: int = 4) -> Hits:
    """Return eight recordings a class, some of them held out; names need escaping."""
    nothing = np.zeros((1, 1), np.float32)
    hits = [
        Hit(f"{name}/a&b__<{i}>.wav", label, i < held, True, True, 0.0, tone(OF_CLASS_HZ[label]),
            nothing, nothing, nothing)
        for label, name in enumerate(CLASSES)
        for i in range(8)
    ]  # fmt: skip
    return Hits(CLASSES, tuple(hits), ("a&b",))


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, and whether they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def content(uri: str, kind: str) -> bytes:
    head, _, body = uri.partition(",")
    assert head == f"data:{kind};base64"
    return b64decode(body, validate=True)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a page of two systems."""
    made = page.Page(Tones("ours"), Tones("paper", PAPER), made_hits())
    out = tmp_path_factory.mktemp("page") / "page.html"
    return page.write(out, made, "A <page>", [page_tables.overview(made_results())]).read_text()


@pytest.fixture(scope="module")
def reader(text: str) -> Reader:
    """Give the page, read."""
    return read(text)


@pytest.fixture(scope="module")
def reels(reader: Reader) -> dict[str, np.ndarray]:
    """Give all that can be heard, decoded."""
    found = {}
    for audio in reader.all("audio"):
        sound, rate = soundfile.read(io.BytesIO(content(audio["src"], "audio/ogg")))
        assert rate == RATE_HZ
        found[audio["id"]] = sound
    return found


def played(button: dict[str, str], reels: dict[str, np.ndarray]) -> np.ndarray:
    start, length = (int(float(button[key]) * RATE_HZ) for key in ("data-at", "data-for"))
    assert min(start, length) > 0
    assert start + length <= len(reels[button["data-reel"]])
    return reels[button["data-reel"]][start : start + length]


def main_hz(sound: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound, 1 << 16)))) * RATE_HZ / (1 << 16)


def test_nothing_lies_outside_the_page(text: str, reader: Reader) -> None:
    for _, attributes in reader.found:
        for name in ("src", "href", "srcset", "data", "poster", "action"):
            assert re.match(r"data:|#|$", attributes.get(name, "")), attributes
    assert not re.search(r"https?://|@import|url\(|fetch\(|XMLHttpRequest|\bimport\b", text)


def test_each_class_has_its_recordings_draws_and_morphs(reader: Reader) -> None:
    assert [section["id"] for section in reader.all("section")] == [*CLASSES, "figures"]
    a_class = 4 * 3 + page.DRAWN + 8 + page.MORPHS
    assert len(reader.all("button")) == len(CLASSES) * a_class


def test_every_button_plays_the_sound_it_names(reader: Reader, reels: dict[str, np.ndarray]) -> None:
    factors = {"a&b__<": 1.0, "ours": 1.0, "paper": PAPER, "draw": DRAWN}
    heard = 0
    for place, button in enumerate(reader.all("button")):
        label = place // (len(reader.all("button")) // len(CLASSES))
        sound, title = played(button, reels), button["title"]
        asked = next((f for key, f in factors.items() if title.split(": ")[0].startswith(key)), None)
        asked = DRAWN if ": draw" in title else asked
        if asked is not None:
            assert main_hz(sound) == pytest.approx(OF_CLASS_HZ[label] * asked, rel=0.02), title
            heard += 1
    assert heard >= len(CLASSES) * (4 * 3 + page.DRAWN)


def test_a_morph_goes_from_one_end_to_the_other_in_eleven_steps(
    reader: Reader, reels: dict[str, np.ndarray]
) -> None:
    (button, *_) = [b for b in reader.all("button") if "between two draws" in b["title"]]
    steps = np.array_split(played(button, reels), page.STEPS)
    assert len(steps[0]) == pytest.approx(page.STEP_S * RATE_HZ, rel=0.01)
    assert all(np.abs(step).max() > 0.3 for step in steps)


def test_every_picture_is_one(reader: Reader) -> None:
    for image in reader.all("img"):
        pixels = matplotlib.image.imread(io.BytesIO(content(image["src"], "image/png")), format="png")
        assert pixels.shape[:2] == (int(image["height"]), int(image["width"]))
        assert pixels.std() > 0.02


def test_a_page_without_a_second_system_or_held_out_recordings(tmp_path: Path) -> None:
    ticks: list[None] = []
    made = page.Page(Tones("ours"), None, made_hits(held=0), lambda: ticks.append(None))
    found = read(page.write(tmp_path / "page.html", made, "page").read_text())
    assert len(found.all("button")) == len(CLASSES) * (page.DRAWN + 8 + page.MORPHS)
    assert 0 < len(ticks) <= made.sounds()


def test_names_are_shown_not_obeyed(text: str) -> None:
    assert "A &lt;page&gt;" in text
    assert "a&amp;b__&lt;0&gt;" in text
    assert "<0>" not in text


def made_results() -> Results:
    """Return results of two systems, one bar held and one missed."""

    def figure(value: float) -> Figure:
        return Figure("mean", value, value - 0.1, value + 0.2, 12)

    found = Results({}, CLASSES)
    found.add("core", {"mr_stft": {"kick": figure(0.7), "open_hat": figure(1.25), "mean": figure(0.975)}})
    found.add("mean path", {"mr_stft": {"kick": figure(1.5), "mean": figure(1.5)}})
    found.bars = [Bar("mr_stft", "kick ≤ 0.7 × paper", "0.47", True), Bar("kid", "≤ 0.5 ×", "0.8", False)]
    return found


def test_tables_show_bars_figures_and_intervals() -> None:
    text = page_tables.overview(made_results()) + page_tables.by_class(made_results())
    found = read(text)
    assert "kick ≤ 0.7 × paper" in text
    assert text.count('class="met"') == text.count('class="missed"') == 1
    assert 'title="mean; 95 %: 0.6 – 0.9, n 12">0.7<' in text
    lines = [(float(line["x1"]), float(line["x2"])) for line in found.all("line")]
    assert len(lines) == 2 + 3 + 2
    assert all(0 <= low < high <= page_tables.PLOT_WIDTH for low, high in lines)


def test_the_ladder_goes_from_the_papers_to_the_core_by_way_of_its_rungs() -> None:
    found = made_results()
    assert page_tables.ladder(found) == ""
    for rung in ("paper", "with sines"):
        found.add(rung, {"mr_stft": found.figures["mr_stft"]["core"]})
    assert page_tables.rungs(found)[0] == "paper"
    assert page_tables.rungs(found)[-1] == "core"
    text = page_tables.ladder(found)
    assert len(read(text).all("tr")) == 1 + len(page_tables.rungs(found))
    assert "with sines" in text
    assert "with sines" not in page_tables.overview(found)


def test_the_folder_of_results_gives_the_tables(tmp_path: Path) -> None:
    made_results().save(tmp_path)
    macs = speed.Macs(grain=215_040, first=1, hit=2, noise=3, paper=3_805_000)
    found = speed.Speed("a machine", "x", macs, [speed.Cost("C core", dict.fromkeys(speed.BATCHES, 4.0))])
    (tmp_path / page.SPEED).write_text(json.dumps(speed.to_data(found)))
    text = "".join(page.tables(tmp_path))
    read(text)
    for shown in ("0.975", "C core", "215,040", "a machine"):
        assert shown in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [([], "run models.evaluate"), (["--out"], "--out: expected one argument")],
)
def test_what_is_not_there_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], told: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["page", str(tmp_path), "drums8", str(tmp_path), *arguments])
    with pytest.raises(SystemExit) as ended:
        page.main()
    assert ended.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_a_sound_is_cut_where_it_ends_and_never_clips() -> None:
    loud = np.concatenate([4.0 * tone(200.0), np.zeros(RATE_HZ, np.float32)])
    cut = media.trimmed(loud, 5.0)
    assert len(cut) < 0.25 * RATE_HZ
    assert np.abs(cut).max() <= 1.0
    assert cut[-1] == 0.0
    assert len(media.trimmed(loud, 0.1)) == 0.1 * RATE_HZ
    assert len(media.trimmed(np.zeros(100, np.float32), 1.0)) >= 1


@pytest.mark.parametrize("hz", [60.0, 1000.0, 12_000.0])
def test_a_tone_is_a_line_at_its_height(hz: float) -> None:
    levels = media.spectrogram(tone(hz, 1.0), 1.0, 40, 76)
    row = int(np.argmax(levels[:, 3]))
    top_hz = media.LOW_HZ * (media.HIGH_HZ / media.LOW_HZ) ** ((76 - row) / 76)
    assert top_hz == pytest.approx(hz, rel=0.2)
    assert levels[:, 3].max() > levels[:, 35].max() + 20


def test_shades_span_the_range() -> None:
    levels = np.array([[-10.0, -10.0 - media.RANGE_DB, -200.0, 0.0]], np.float32)
    assert media.shaded(levels, -10.0).tolist() == [[15, 0, 0, 15]]
