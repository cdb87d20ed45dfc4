"""Changing settings files in place: what is set is read back, and nothing else moves."""

from __future__ import annotations

import io
import stat
import tomllib
from pathlib import Path

import pytest
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import strategies as st

from bot.config import bridge_file, env_file
from bot.config.writing import write
from bot.errors import BridgeError, ConfigError

NAMES = st.sampled_from(["SLACK_BOT_TOKEN", "CRISP_TOKEN_KEY", "OTHER", "A"])
LINES = st.one_of(
    st.builds("{}={}".format, NAMES, st.sampled_from(["", "x", "a b", "'q'", '"d"#c', "v # c"])),
    st.builds("export {} = '{}'  # kept".format, NAMES, st.sampled_from(["", "two\nlines", "\\'"])),
    st.sampled_from(["", "# comment", "not a setting", "  ", "A", "=", '"open', "# A=1"]),
)
TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
PRINTABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20
).filter(lambda value: "${" not in value)


def read(folder: Path, text: str) -> dict[str, str | None]:
    """Return what the bridge's own reader finds in a .env."""
    path = folder / "env"
    path.write_bytes(text.encode())
    return dict(dotenv_values(path, encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all examples."""
    return tmp_path_factory.mktemp("env")


@given(text=TEXTS, name=NAMES, value=PRINTABLE)
def test_what_is_set_is_read_back_and_all_else_stays(
    folder: Path, text: str, name: str, value: str
) -> None:
    """Any file takes any value, and every other setting reads as before."""
    before = read(folder, text)
    after = read(folder, env_file.changed(text, {name: value}))
    assert after == {**before, name: value}


@given(text=TEXTS, name=NAMES, value=PRINTABLE)
def test_every_other_byte_stays(text: str, name: str, value: str) -> None:
    """Of all the lines only the one that counts for this name differs, or one is added."""

    def pieces(of: str) -> list[tuple[str | None, str]]:
        parsed = parse_stream(io.StringIO(of, newline=""))
        return [(binding.key, binding.original.string) for binding in parsed]

    before, after = pieces(text), pieces(env_file.changed(text, {name: value}))
    last = max((i for i, (key, _) in enumerate(before) if key == name), default=None)
    if last is None:
        kept = "".join(whole for _, whole in before)
        assert "".join(whole for _, whole in after).startswith(kept)
    else:
        assert [*before[:last], *before[last + 1 :]] == [*after[:last], *after[last + 1 :]]
        assert after[last][0] == name
        assert ("# kept" in before[last][1]) == ("# kept" in after[last][1])
    again = env_file.changed(text, {name: value})
    assert env_file.changed(again, {name: value}) == again


@given(text=TEXTS)
def test_nothing_to_change_changes_nothing(text: str) -> None:
    """Without a change the file is the same, byte for byte."""
    assert env_file.changed(text, {}) == text


@given(text=TEXTS, name=NAMES)
def test_what_is_to_go_is_commented_out(folder: Path, text: str, name: str) -> None:
    """A setting that goes stays in the file as a comment; the others read as before."""
    new = env_file.changed(text, {}, gone=[name])
    before = read(folder, text)
    before.pop(name, None)
    assert read(folder, new) == before
    assert len(new.replace("# ", "")) == len(text.replace("# ", ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A=1 # why\n", "A=2 # why\n"),
        ("export A = 'one'#x\n", "export A = '2'#x\n"),
        ("A=1\nB=3\nA=5\n", "A=1\nB=3\nA=2\n"),
        ("B=3", "B=3\nA=2\n"),
        ("B=3\r\n", "B=3\r\nA=2\r\n"),
        ('A="a\nb"\nB=3\n', "A=2\nB=3\n"),
        ("", "A=2\n"),
    ],
)
def test_a_value_is_changed_where_it_stands(old: str, new: str) -> None:
    """The last line that sets it is the one that counts; a new one goes to the end."""
    assert env_file.changed(old, {"A": "2"}) == new


@pytest.mark.parametrize("value", ["a\nb", "${HOME}", "a\x00b"])
def test_what_env_cannot_hold_is_refused(value: str) -> None:
    """A value that would be read back as another one is not written, nor repeated."""
    with pytest.raises(ConfigError) as refused:
        env_file.changed("", {"A": value})
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n[pacing]\njoin = false # why\n",
        "[relay]\nbackfill = 'open'\nunmapped_agents = \"profile\" # or\n\n[agents]\nU0 = 'a'\n",
        "relay = { backfill = 'open' }\r\n# end\r\n",
        "relay.backfill = 'open'\n[timers]\nsettle = 1.0\n",
    ],
)
def test_bridge_toml_is_changed_in_place(text: str) -> None:
    """The keys are set, comments and other values stay, and a second time changes nothing."""
    values = {"unmapped_agents": "company", "company_name": 'A "B"'}
    new = bridge_file.changed(text, "relay", values)
    before = tomllib.loads(text)
    relay = {**before.get("relay", {}), **values}
    assert tomllib.loads(new) == {**before, "relay": relay}
    assert bridge_file.changed(new, "relay", values) == new
    assert bridge_file.changed(text, "pacing", {}).startswith(text.rstrip())
    for comment in ("# mine", "# why", "# or", "# end"):
        assert (comment in new) == (comment in text)


def test_a_broken_bridge_toml_is_refused() -> None:
    """One sentence says that it is not TOML; a table's name that is taken is refused too."""
    for text in ("[relay", "relay = 1"):
        with pytest.raises(ConfigError):
            bridge_file.changed(text, "relay", {"backfill": "none"})


def test_a_private_file_is_private_and_a_link_stays_one(tmp_path: Path) -> None:
    """Mode 600 whatever it was, through a link, without leaving anything beside."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o644)
    link.symlink_to(real)
    write(link, "new\r\n", private=True)
    assert (link.is_symlink(), real.read_bytes()) == (True, b"new\r\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link"}


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """The file is named, with the reason."""
    with pytest.raises(BridgeError, match="cannot be written"):
        write(tmp_path / "missing" / "env", "x")
