"""Settings and bridge.toml: what is taken, what is refused, and that all of it is documented."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import wiring
from bot.config import SECRETS, SETTINGS, BridgeConfig, Settings, load, load_bridge, reload
from bot.config.wording import known_keys, nearest_key
from bot.domain import ChannelId, SlackUserId
from bot.errors import ConfigError
from bot.relay.channels import ChannelRules
from bot.slack.models import Identity

ROOT = Path(__file__).parent.parent
WEBSITE = "8c842203-7ed8-4e29-a608-7cf78a7d2fcc"
ENV = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_CHANNEL": "C0123456789",
    "CRISP_WEBSITE_ID": WEBSITE,
    "CRISP_TOKEN_IDENTIFIER": "identifier",
    "CRISP_TOKEN_KEY": "key",
}


def read(changes: dict[str, str | None] | None = None, toml: Path | None = None) -> Settings:
    """Load ENV with some settings changed, or removed where the change is None."""
    merged = {**ENV, **(changes or {})}
    env = {name: value for name, value in merged.items() if value is not None}
    return load(env, env_file=None, bridge_file=toml)


def problems(
    changes: dict[str, str | None] | None = None, toml: Path | None = None
) -> tuple[str, ...]:
    """Return the sentences that loading fails with."""
    with pytest.raises(ConfigError) as caught:
        read(changes, toml)
    return caught.value.problems


def written(folder: Path, text: str) -> Path:
    """Write a bridge.toml."""
    path = folder / "bridge.toml"
    path.write_text(text, encoding="utf-8")
    return path


def shown(value: object) -> str:
    """Return a value as the documentation writes it."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def test_the_smallest_settings_load() -> None:
    """A token pair for each side, a channel and a website are all that Socket Mode needs."""
    settings = read()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert (settings.socket_mode, settings.via_membrane) == (True, False)
    assert settings.crisp_quota == 10_000
    assert settings.bridge == BridgeConfig()


def test_secrets_are_never_shown() -> None:
    """A settings object can be printed without giving a secret away."""
    values = {
        **dict.fromkeys(SECRETS, "very-hidden"),
        "SLACK_BOT_TOKEN": "xoxb-very-hidden",
        "SLACK_APP_TOKEN": "xapp-very-hidden",
        "MEMBRANE_CONNECTION_ID": "connection",
    }
    settings = read(dict(values))
    assert "very-hidden" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_everything_wrong_is_told_at_once() -> None:
    """Each wrong setting gets one sentence, in one go, without its value."""
    told = problems(
        {
            "SLACK_BOT_TOKEN": "xapp-mixed-up",
            "SLACK_CHANNEL": "#support",
            "CRISP_WEBSITE_ID": "example.com",
            "CRISP_TIER": "user",
            "CRISP_TOKEN_KEY": None,
            "BRIDGE_HTTP_PORT": "65536",
        }
    )
    named = [sentence.split()[0] for sentence in told]
    assert sorted(named) == [
        "BRIDGE_HTTP_PORT",
        "CRISP_TIER",
        "CRISP_TOKEN_KEY",
        "CRISP_WEBSITE_ID",
        "SLACK_BOT_TOKEN",
        "SLACK_CHANNEL",
    ]
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in told)
    assert "mixed-up" not in " ".join(told)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": None}, "SLACK_BOT_TOKEN is not set: set it to the bot token"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN must start with xapp-"),
        ({"SLACK_APP_TOKEN": None}, "set it for Socket Mode, or set SLACK_SIGNING_SECRET"),
        ({"SLACK_CHANNEL": None}, "SLACK_CHANNEL is not set"),
        ({"SLACK_API_URL": "slack.com/api"}, "SLACK_API_URL must be a URL"),
        ({"SLACK_API_URL": "https://[::1"}, "SLACK_API_URL must be a URL"),
        ({"CRISP_API_URL": "https://api.crisp.chat/v1?x=1"}, "CRISP_API_URL must be a URL"),
        ({"MEMBRANE_API_URL": "ftp://example.com"}, "MEMBRANE_API_URL must be a URL"),
        ({"CRISP_EVENTS": "poll"}, "CRISP_EVENTS must be 'rtm' or 'webhook', not 'poll'"),
        ({"CRISP_EVENTS": "webhook"}, "needs CRISP_HOOK_SECRET"),
        ({"CRISP_TOKEN_IDENTIFIER": None}, "CRISP_TOKEN_IDENTIFIER is not set"),
        ({"MEMBRANE_TOKEN": "m"}, "MEMBRANE_CONNECTION_ID is not set"),
        ({"MEMBRANE_CONNECTION_ID": "c"}, "MEMBRANE_TOKEN is not set"),
        ({"BRIDGE_HTTP_PORT": "http"}, "BRIDGE_HTTP_PORT must be a port number"),
        ({"BRIDGE_HTTP_PORT": "-1"}, "BRIDGE_HTTP_PORT must be a port number"),
        ({"BRIDGE_CONFIG": "/nowhere/bridge.toml"}, "/nowhere/bridge.toml cannot be read: no such"),
    ],
)
def test_a_wrong_setting_gets_its_own_sentence(
    changes: dict[str, str | None], sentence: str
) -> None:
    """One mistake makes exactly one sentence, which names the setting and the way out."""
    (told,) = problems(changes)
    assert sentence in told


@pytest.mark.parametrize(
    "changes",
    [
        {"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": "s"},
        {"CRISP_EVENTS": "webhook", "CRISP_HOOK_SECRET": "s"},
        {"CRISP_EVENTS": "webhook", "CRISP_HOOK_TOKEN": "t"},
        {"MEMBRANE_TOKEN": "m", "MEMBRANE_CONNECTION_ID": "c"},
        {"SLACK_API_URL": "http://127.0.0.1:8001/api", "BRIDGE_HTTP_PORT": "0"},
    ],
)
def test_each_way_to_run_is_accepted(changes: dict[str, str | None]) -> None:
    """HTTP mode, both kinds of hooks, Membrane beside a token and local servers all load."""
    assert read(changes)


def test_membrane_alone_needs_hooks() -> None:
    """Without a Crisp token the socket cannot be signed in to, and the sentence says so."""
    alone: dict[str, str | None] = {
        "CRISP_TOKEN_IDENTIFIER": None,
        "CRISP_TOKEN_KEY": None,
        "MEMBRANE_TOKEN": "m",
        "MEMBRANE_CONNECTION_ID": "c",
    }
    (told,) = problems(alone)
    assert "CRISP_EVENTS=webhook" in told
    hooks = {"CRISP_EVENTS": "webhook", "CRISP_HOOK_TOKEN": "t"}
    assert read({**alone, **hooks}).via_membrane


def test_half_a_crisp_token_is_an_error_with_membrane_too() -> None:
    """One half of a Crisp token is a mistake, whatever else is set."""
    changes = {"CRISP_TOKEN_KEY": None, "MEMBRANE_TOKEN": "m", "MEMBRANE_CONNECTION_ID": "c"}
    (told,) = problems(dict(changes))
    assert told.startswith("CRISP_TOKEN_KEY is not set")


def test_bases_get_the_slash_their_clients_want() -> None:
    """Slack's base ends with a slash and Crisp's does not, however they were written."""
    settings = read(
        {"SLACK_API_URL": "http://127.0.0.1:1/api", "CRISP_API_URL": "http://127.0.0.1:2/v1/"}
    )
    assert settings.slack_api_url == "http://127.0.0.1:1/api/"
    assert settings.crisp_api_url == "http://127.0.0.1:2/v1"


def test_a_misspelled_name_is_pointed_out() -> None:
    """A required setting that is missing names the variable that looks like it."""
    (told,) = problems({"SLACK_BOT_TOKEN": None, "SLACK_BOT_TOKN": "xoxb-1"})
    assert told.startswith("SLACK_BOT_TOKEN is not set (is SLACK_BOT_TOKN a misspelling of it?):")


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_be_a_file(name: str, tmp_path: Path) -> None:
    """NAME_FILE is read in place of NAME, without the line's end."""
    prefix = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}.get(name, "")
    path = tmp_path / "secret"
    path.write_text(f"{prefix}from-a-file\n", encoding="utf-8")
    settings = read(
        {name: None, f"{name}_FILE": str(path), "MEMBRANE_CONNECTION_ID": "c"}
        | ({} if name == "MEMBRANE_TOKEN" else {"MEMBRANE_TOKEN": "m"})
    )
    assert getattr(settings, name.lower()).get_secret_value() == f"{prefix}from-a-file"


def test_a_secret_file_that_fails_is_one_sentence(tmp_path: Path) -> None:
    """A missing, an empty and a doubled secret file each get one sentence and no echo."""
    empty = tmp_path / "empty"
    empty.touch()
    (missing,) = problems({"SLACK_BOT_TOKEN": None, "SLACK_BOT_TOKEN_FILE": "/nowhere/x"})
    (blank,) = problems({"SLACK_BOT_TOKEN": None, "SLACK_BOT_TOKEN_FILE": str(empty)})
    (both,) = problems({"SLACK_BOT_TOKEN_FILE": str(empty)})
    assert missing.startswith("SLACK_BOT_TOKEN_FILE names a file that cannot be read: /nowhere/x")
    assert blank == f"SLACK_BOT_TOKEN_FILE names a file that is empty: {empty}."
    assert both == "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set: remove one of them."


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    """.env fills in what the environment leaves out, empty values included."""
    env_file = tmp_path / ".env"
    env_file.write_text('SLACK_CHANNEL="C2"\nCRISP_TIER=plugin\nOTHER=1\n', encoding="utf-8")
    settings = load({**ENV, "CRISP_TIER": ""}, env_file=env_file, bridge_file=None)
    assert (settings.slack_channel, settings.crisp_tier) == ("C0123456789", "plugin")
    assert settings.crisp_quota == 5_000


def test_what_was_refused_gives_way_to_the_env_file(tmp_path: Path) -> None:
    """A new token in .env counts though the environment holds the old one, which stays otherwise.

    Where .env offers none, the environment's own is read as before, and so is its file.
    """
    env_file = tmp_path / ".env"
    refused = {"xoxb-1", "key"}
    env_file.write_text("SLACK_BOT_TOKEN=xoxb-2\nSLACK_APP_TOKEN=xapp-2\n", encoding="utf-8")
    found = reload(refused, ENV, env_file=env_file)
    assert found.slack_bot_token == SecretStr("xoxb-2")
    assert found.slack_app_token == SecretStr("xapp-1")
    assert found.crisp_token_key == SecretStr("key")
    secret = tmp_path / "token"
    secret.write_text("xoxb-3\n", encoding="utf-8")
    env_file.write_text(f"SLACK_BOT_TOKEN_FILE={secret}\n", encoding="utf-8")
    assert reload(refused, ENV, env_file=env_file).slack_bot_token == SecretStr("xoxb-3")


def test_a_secret_file_in_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    """NAME_FILE in the environment is no conflict with NAME in .env."""
    secret = tmp_path / "secret"
    secret.write_text("xoxb-file", encoding="utf-8")
    env_file = tmp_path / ".env"
    env_file.write_text("SLACK_BOT_TOKEN=xoxb-dotenv\n", encoding="utf-8")
    env = {**ENV, "SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": str(secret)}
    assert load(env, env_file=env_file, bridge_file=None).slack_bot_token == SecretStr("xoxb-file")


def _keys_in(table: str, inner: Any) -> Iterable[str]:
    """Return the keys of a table, or of the tables in it."""
    if table == "channels":
        (inner,) = inner.values()
    return list(inner[0] if isinstance(inner, list) else inner)


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without arguments the process's environment, .env and bridge.toml of the folder count."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "CRISP_WEBSITE_ID"):
        monkeypatch.setenv(name, ENV[name])
    rest = ("SLACK_CHANNEL", "CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY")
    Path(".env").write_text("".join(f"{name}={ENV[name]}\n" for name in rest), encoding="utf-8")
    written(tmp_path, "[timers]\nsettle = 1\n")
    settings = load()
    assert settings.slack_channel == ENV["SLACK_CHANNEL"]
    assert settings.bridge.timers.settle == 1.0


def test_only_config_reads_the_environment() -> None:
    """os.environ and os.getenv are used in bot.config.loading and nowhere else."""
    reading = re.compile(
        r"\bos\.(environ|getenv)|^from os import .*\b(environ|getenv)", re.MULTILINE
    )
    users = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "handlers", "migrations")
        for path in (ROOT / folder).glob("**/*.py")
        if reading.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"bot/config/loading.py"}


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("x = \n", "is not valid TOML: Invalid value (at line 1, column 5)."),
        ("[timer]\n", "has an unknown key timer: did you mean timers?"),
        ("[timers]\nsettel = 1\n", "has an unknown key timers.settel: did you mean timers.settle?"),
        ("[pacing]\nsettle = 1\n", "unknown key pacing.settle: did you mean timers.settle?"),
        ("[timers]\nsettle = -1\n", "timers.settle must be greater than or equal to 0, not -1."),
        ("[timers]\nsettle = nan\n", "timers.settle must be a finite number, not nan."),
        ("[timers]\nsettle = '1'\n", "timers.settle must be a valid number, not '1'."),
        ("[pacing]\nin_flight = true\n", "pacing.in_flight must be a valid integer, not true."),
        ("[pacing]\nin_flight = 101\n", "pacing.in_flight must be less than or equal to 100"),
        ("[crisp]\ndaily_quota = 0\n", "crisp.daily_quota must be greater than or equal to 1"),
        ("relay = 3\n", "relay must be a table, not 3."),
        ("[routes]\nchannel = 'C1'\n", "routes must be a list of [[routes]] tables, not a table."),
        ("[[routes]]\ninbox = 'x'\n", "routes[1].channel is not set: it is required."),
        ("[[routes]]\nchannel = 'support'\n", "routes[1].channel must be a channel's id such as"),
        ("[[routes]]\nchannel = 'C1'\nsegment = ''\n", "routes[1].segment must not be empty"),
        ("[[routes]]\nchannel = 'C1'\nsegmnt = 'x'\n", "did you mean routes.segment?"),
        ("[agents]\nada = 'ada@example.com'\n", "agents.ada must name a Slack user by id"),
        ("[channels.support]\nmode = 'note'\n", "must name a channel by its id, as in [channels."),
        ("[channels.C1]\nmode = 'off'\n", "channels.C1.mode must be 'reply', 'note' or 'alerts'"),
        ("[channels.C1]\nmod = 'note'\n", "did you mean channels.mode?"),
        ("[replies]\nhold_seconds = -1\n", "replies.hold_seconds must be greater than or equal"),
        ("[replies]\nguard = 1\n", "replies.guard must be a valid boolean, not 1."),
        ("[access]\nagents = 'U1'\n", "access.agents must be a list, not 'U1'."),
        ("[access]\nagents = ['ada']\n", "access.agents[1] must name people and user groups by id"),
        ("[access]\nadmins = [1]\n", "access.admins[1] must be a valid string, not 1."),
        ("[access]\nagent = ['U1']\n", "unknown key access.agent: did you mean access.agents?"),
        ("[agents]\nU1 = ' '\n", "agents.U1 must not be empty"),
        ("[reactions]\ntada = 'resolv'\n", 'reactions.tada names no verb in "resolv": did you'),
        ("[reactions]\ntada = 'resolve 3'\n", 'reactions.tada must be "resolve" alone, not'),
        ("[reactions]\ntada = 'list'\n", 'reactions.tada cannot be "list": only what'),
        ("[reactions]\n':tada:' = 'resolve'\n", "must name an emoji without colons"),
        (
            "[relay]\nunmapped_agents = 'bot'\n",
            "must be 'profile', 'company' or 'refuse', not 'bot'.",
        ),
        ("[relay]\ncompany_avatar = 'http://x'\n", "relay.company_avatar must be an https:// URL."),
        ("[relay]\nunmapped_agents = 'company'\n", "relay.company_name is needed when"),
        (
            "[[routes]]\nchannel = 'C1'\n[[routes]]\nchannel = 'C2'\n",
            "routes 2 and later are never reached",
        ),
    ],
)
def test_a_wrong_key_gets_its_own_sentence(toml: str, sentence: str, tmp_path: Path) -> None:
    """One mistake in bridge.toml makes exactly one sentence, with the place or the nearest key."""
    (told,) = problems(toml=written(tmp_path, toml))
    assert sentence in told


def test_wrong_keys_are_told_together_with_wrong_settings(tmp_path: Path) -> None:
    """A mistake in bridge.toml does not hide one in the environment."""
    told = problems({"CRISP_TIER": "x"}, written(tmp_path, "[timers]\nsettle = 'x'\n[relais]\n"))
    assert len(told) == 3


def test_the_first_route_that_matches_wins(tmp_path: Path) -> None:
    """Every condition of a route has to hold, the first such route counts, the rest goes home."""
    settings = read(
        toml=written(
            tmp_path,
            "[[routes]]\nchannel = 'C1'\nsegment = 'vip'\norigin = 'email'\n"
            "[[routes]]\nchannel = 'C2'\nsegment = 'vip'\n"
            "[[routes]]\nchannel = 'C3'\ninbox = 'sales'\n",
        )
    )

    def channel(inbox: str | None, segments: tuple[str, ...], origin: str) -> str:
        return settings.channel_for(inbox=inbox, segments=segments, origin=origin)

    assert channel(None, ("vip",), "email") == "C1"
    assert channel("sales", ("new", "vip"), "chat") == "C2"
    assert channel("sales", (), "email") == "C3"
    assert channel(None, (), "email") == ENV["SLACK_CHANNEL"]


def test_a_route_for_everything_replaces_the_channel(tmp_path: Path) -> None:
    """SLACK_CHANNEL is not required when a route has no conditions."""
    toml = written(tmp_path, "[[routes]]\nchannel = 'C9'\n")
    settings = read({"SLACK_CHANNEL": None}, toml)
    assert settings.channel_for(inbox=None, segments=(), origin="chat") == "C9"


def test_a_channel_says_what_is_different_in_it(tmp_path: Path) -> None:
    """What [channels.C…] leaves out is as [replies] says, in that channel and in all others."""
    toml = "[replies]\nhold_seconds = 5\nguard = false\n[channels.C7]\nmode = 'note'\n"
    settings = read(
        toml=written(tmp_path, toml + "[channels.C8]\nhold_seconds = 0\nguard = true\n")
    )
    rules = wiring.rules(settings, Identity(SlackUserId("U1"), "B1", "T1", None, ""))
    assert rules.of(ChannelId("C7")) == ChannelRules("note", 5, guard=False)
    assert rules.of(ChannelId("C8")) == ChannelRules("reply", 0, guard=True)
    assert rules.of(ChannelId("C9")) == rules.of(None) == ChannelRules("reply", 5, guard=False)


def test_the_nearest_key_prefers_its_own_table() -> None:
    """A key that could be meant in two tables is looked for in its own first."""
    assert nearest_key("pacing.in_fligth") == "pacing.in_flight"
    assert nearest_key("timers.in_flight") == "pacing.in_flight"
    assert nearest_key("routes[2].chanel") == "routes.channel"


def rows(heading: str) -> dict[str, list[str]]:
    """Return the tables' rows below a heading of docs/settings.md: name to the other cells."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", text, flags=re.MULTILINE)
    (section,) = [one for one in part if one.startswith(heading)]
    found = re.findall(r"^\| `([\w.]+)` \|(.+)\|$", section, flags=re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in found}


def test_every_setting_is_documented_with_its_default() -> None:
    """docs/settings.md has one row per setting, in order, with its default and its secrecy."""
    documented = rows("Environment")
    assert tuple(documented) == SETTINGS
    for name, (default, secret, meaning) in documented.items():
        field = Settings.model_fields[name.lower()]
        assert secret == ("yes" if name in SECRETS else "no"), name
        assert meaning.endswith("."), name
        if field.is_required():
            assert default == "required", name
        elif field.default is not None:
            assert default == f"`{shown(field.default)}`", name


def test_every_key_is_documented_with_its_default() -> None:
    """docs/settings.md has one row per key of bridge.toml, with its default."""
    documented = rows("`bridge.toml`")
    tables = {"relay", "access", "pacing", "timers", "files", "history", "saved_replies", "crisp"}
    tables |= {"replies", "privacy"}
    assert sorted(documented) == sorted(set(known_keys()) - tables)
    for name in documented:
        table, _, key = name.partition(".")
        if table in tables and name != "crisp.daily_quota":
            value = getattr(getattr(BridgeConfig(), table), key)
            value = [str(one) for one in value] if isinstance(value, tuple) else value
            written_as = f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
            written_as = str(value).lower() if isinstance(value, bool) else written_as
            assert documented[name][0] == f"`{written_as}`", name


def test_the_env_example_has_every_setting_and_its_default() -> None:
    """.env.example names every setting once, and what is commented out is the default."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    found = re.findall(r"^(# )?([A-Z_]+)=(.*)$", text, flags=re.MULTILINE)
    assert sorted(name for _, name, _ in found) == sorted(SETTINGS)
    for comment, name, value in found:
        default = Settings.model_fields[name.lower()].default
        if comment and default is not None:
            assert value == shown(default), name


def test_the_env_example_loads() -> None:
    """.env.example is accepted as it is, apart from being nobody's credentials."""
    assert load({}, env_file=ROOT / ".env.example", bridge_file=None).socket_mode


def test_the_bridge_example_loads_and_is_the_default() -> None:
    """bridge.example.toml as it stands changes nothing."""
    assert load_bridge(ROOT / "bridge.example.toml") == BridgeConfig()


def test_the_bridge_example_has_every_key(tmp_path: Path) -> None:
    """With its comments taken off, bridge.example.toml sets every key there is, and loads."""
    text = (ROOT / "bridge.example.toml").read_text(encoding="utf-8")
    bare = re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE)
    values = tomllib.loads(bare)
    keys = {
        f"{table}.{key}"
        for table, inner in values.items()
        if table not in {"agents", "reactions"}
        for key in _keys_in(table, inner)
    }
    assert keys | set(values) == set(known_keys())
    assert load_bridge(written(tmp_path, bare)).agents
