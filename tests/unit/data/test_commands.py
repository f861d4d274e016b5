"""The commands as a person types them: what they say, and what they leave on disk."""

from pathlib import Path

import pytest

from astroflow_core.catalogue import Catalogue
from astroflow_data.sample import make_sample
from astroflow_hub.cli import main

SMALL = ("--rows", "200", "--columns", "ra", "--tables", "gaia_source", "--files", "2")


class Terminal:
    """Runs `astroflow data …` in this process and keeps what it says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return the exit code and everything said, in one line."""
        self._monkeypatch.setattr("sys.argv", ["astroflow", "data", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(monkeypatch, capsys)


def names(folder: Path) -> list[str]:
    """Return what is in a folder, hidden things too."""
    return sorted(path.name for path in folder.iterdir())


def test_the_sample_is_made_once(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "new" / "data"
    made = f"The sample is made: {out}/gaia-dr3"
    assert terminal.run("sample", "--out", str(out)) == (0, made)
    there = f"The sample is already there: {out}/gaia-dr3"
    assert terminal.run("sample", "--out", str(out)) == (0, there)
    assert names(out) == ["gaia-dr3"]


def test_a_damaged_sample_is_not_taken_for_whole(terminal: Terminal, tmp_path: Path) -> None:
    file = Catalogue.open(make_sample(tmp_path)).table("gaia_source").files[3]
    file.write_bytes(file.read_bytes()[:-100])
    code, said = terminal.run("sample", "--out", str(tmp_path))
    assert code == 1
    assert "part-00003.parquet is not a whole parquet file" in said
    assert said.endswith("Move it away and run the command again")


def test_what_is_there_is_said_and_left(terminal: Terminal, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path))
    assert "synthetic: gaia_source in " in terminal.run("synth", *SMALL, *out)[1]
    assert "nothing to add, all is there" in terminal.run("synth", *SMALL, *out)[1]
    code, said = terminal.run("synth", *SMALL, *out, "--seed", "7")
    assert code == 1
    assert "--seed 7 where there is --seed 0" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rows", "0"), "'--rows': Input should be greater"),
        (("--rows", "-5"), "'--rows': Input should be greater"),
        (("--rows", "many"), "'--rows': Input should be a valid integer"),
        (("--rows", "5", "--layout", "rows"), "'--layout': "),
        (("--rows", "5", "--buckets", "0"), "'--buckets': Input should be greater"),
        (("--rows", "5", "--tables", "gaia_sorce"), "did you mean 'gaia_source'"),
        (("--rows", "5", "--tables", ","), "--tables names no table"),
        (("--rows", "5", "--columns", "raa"), "no column 'raa' in gaia_source"),
        (("--rows", "5", "--name", "../up"), "--name '../up': use small letters"),
        (("--rows", "5", "--out", "/proc/none"), "Give --out a folder that you may write to"),
    ],
)
def test_a_mistake_is_one_message_and_makes_nothing(
    terminal: Terminal, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, said = terminal.run("synth", "--out", str(tmp_path), *arguments)
    assert code != 0
    assert sentence in said
    assert names(tmp_path) == []
