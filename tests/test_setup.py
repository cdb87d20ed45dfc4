"""``setup`` as a person and a script run it, against both simulators."""

from __future__ import annotations

import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from dotenv import dotenv_values

from bot.cli.setup.manifest import link, manifest, new_config
from bot.config import SECRETS, BridgeConfig, load, parse_bridge
from tests.harness import World, eventually, get_status
from tests.spawning import spawn
from tests.terminal_kit import Terminal, quiet, terminal

WHERE = ("SLACK_API_URL", "CRISP_API_URL", "BRIDGE_DATABASE")
pytestmark = pytest.mark.timeout(240)  # each starts several processes, one after the other

HIDDEN = {"Bot token", "App token", "Token identifier", "Token key"}
LAST = (
    "Number, name or id", "Website id", "Kind of token", "Token identifier", "Token key",
    "Crisp's events by", "Shown by",
)  # fmt: skip


def where(world: World) -> dict[str, str]:
    """Return where the platforms are, and nothing else."""
    return {name: world.env[name] for name in WHERE}


def flags(world: World, **more: str) -> list[str]:
    """Return the flags for what is no secret."""
    given = {
        "SLACK_CHANNEL": "C0GENERAL1",
        "CRISP_WEBSITE_ID": world.env["CRISP_WEBSITE_ID"],
        "BRIDGE_HTTP_PORT": str(world.http_port),
        **where(world),
        **more,
    }
    return [
        word
        for name, value in given.items()
        for word in (f"--{name.lower().replace('_', '-')}", value)
    ]


def hidden(world: World) -> dict[str, str]:
    """Return the secrets that the bridge needs."""
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "CRISP_TOKEN_IDENTIFIER", "CRISP_TOKEN_KEY")
    return {name: world.env[name] for name in names}


def files(folder: Path) -> dict[str, bytes]:
    """Return the folder's files."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def assert_no_secret(world: World, text: str) -> None:
    """No secret and no traceback is in ``text``."""
    assert "Traceback" not in text
    assert [name for name in SECRETS if world.env.get(name) and world.env[name] in text] == []


async def keep(shown: Terminal, *questions: str) -> None:
    """Press Enter at these questions."""
    for question in questions:
        answer = shown.tells if question in HIDDEN else shown.answers
        await answer(question, "")


def test_the_link_carries_the_manifest() -> None:
    """Slack's page gets the manifest as it is, comments left out, in a usable length."""
    query = parse_qs(urlsplit(link()).query, strict_parsing=True)
    assert link().startswith("https://api.slack.com/apps?new_app=1&manifest_yaml=")
    assert yaml.safe_load(query["manifest_yaml"][0]) == yaml.safe_load(manifest())
    assert len(link()) < 8000
    assert "+" not in link()


def test_a_new_bridge_toml_sets_nothing_and_shows_every_key() -> None:
    """Each key stands there as a comment with its default, so that later defaults still count."""
    text = new_config()
    assert parse_bridge(text, Path("bridge.toml")) == BridgeConfig()
    example = (Path(__file__).parent.parent / "bridge.example.toml").read_text(encoding="utf-8")
    keys = [line for line in example.splitlines() if " = " in line and line[0] != "#"]
    assert len(keys) > 20
    assert [line for line in keys if f"\n# {line}\n" not in text] == []


async def test_a_person_goes_from_nothing_to_a_bridge(world: World) -> None:
    """Each wrong answer is said and asked again, and at the end the doctor is content."""
    env = world.env
    async with terminal("setup", folder=world.folder, env=where(world)) as shown:
        await shown.answers("(socket/http)", "")
        await shown.sees("https://api.slack.com/apps?new_app=1&manifest_yaml=")
        await shown.tells("Bot token", "xapp-wrong-one")
        await shown.sees("must start with xoxb-")
        await shown.tells("Bot token", "xoxb-made-up")
        await shown.sees("invalid_auth")
        await shown.answers("all the same?", "n")
        await shown.tells("Bot token", env["SLACK_BOT_TOKEN"])
        await shown.sees("scopes are granted")
        await shown.tells("App token", env["SLACK_APP_TOKEN"])
        await shown.sees("#vip")
        await shown.sees("not in it yet")
        await shown.answers("Number, name or id", "no-such-channel")
        await shown.sees("None of them is called")
        await shown.answers("Number, name or id", "C0ELSEWHR1")
        await shown.sees("/invite")
        await shown.answers("all the same?", "n")
        await shown.answers("Number, name or id", "#general")
        await shown.answers("Website id", "acme")
        await shown.sees("must be a UUID")
        await shown.answers("Website id", env["CRISP_WEBSITE_ID"])
        await shown.answers("Kind of token", "")
        await shown.tells("Token identifier", env["CRISP_TOKEN_IDENTIFIER"])
        await shown.tells("Token key", "made-up")
        await shown.answers("Crisp's events by", "")
        await shown.sees("does not know this token")
        await shown.answers("all the same?", "n")
        await shown.answers("Website id", "")
        await shown.answers("Kind of token", "")
        await shown.tells("Token identifier", "")
        await shown.tells("Token key", env["CRISP_TOKEN_KEY"])
        await shown.answers("Crisp's events by", "")
        await shown.sees("opens the workspace")
        assert files(world.folder) == {}
        await shown.answers("Shown by", "company")
        await shown.answers("The company's name", "Acme & Co")
        await shown.sees("Written: .env, bridge.toml.")
        await shown.sees("slack-crisp-bridge run starts the bridge.")
        assert await shown.ends() == 0
    assert_no_secret(world, shown.screen)
    assert "made-up" not in shown.screen
    file = world.folder / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load({}, env_file=file, bridge_file=world.folder / "bridge.toml")
    assert settings.slack_channel == "C0GENERAL1"
    assert settings.slack_bot_token.get_secret_value() == env["SLACK_BOT_TOKEN"]
    assert settings.bridge.relay.company_name == "Acme & Co"


async def test_a_second_time_keeps_everything(world: World) -> None:
    """Enter at each question leaves both files as they are, comments and strangers included."""
    lines = "".join(f"export {name} = '{value}' # mine\n" for name, value in hidden(world).items())
    rest = {**where(world), "CRISP_WEBSITE_ID": world.env["CRISP_WEBSITE_ID"]}
    more = "".join(f"{name}={value}\r\n" for name, value in rest.items())
    env = f"# by hand\n{lines}\nSTRANGER=1\nSLACK_CHANNEL=C0GENERAL1\n{more}no setting"
    (world.folder / ".env").write_bytes(env.encode())
    (world.folder / ".env").chmod(0o644)
    (world.folder / "bridge.toml").write_bytes(b"[relay] # ours\r\nbackfill = 'open'")
    before = files(world.folder)
    async with terminal("setup", folder=world.folder, env={}) as shown:
        await keep(shown, "(socket/http)", "Bot token", "App token", *LAST)
        await shown.sees("Kept as they were: ")
        assert await shown.ends() == 0
    assert shown.screen.count("kept\n") == 4
    assert files(world.folder) == before
    assert stat.S_IMODE((world.folder / ".env").stat().st_mode) == 0o600
    assert_no_secret(world, shown.screen)


async def test_ctrl_c_leaves_everything_as_it_was(world: World) -> None:
    """Ended at a late question, with answers that were new, nothing is written."""
    (world.folder / ".env").write_text("# mine\n")
    async with terminal("setup", folder=world.folder, env=where(world)) as shown:
        await shown.answers("(socket/http)", "")
        await shown.tells("Bot token", world.env["SLACK_BOT_TOKEN"])
        await shown.sees("App token")
        shown.interrupts()
        await shown.sees("Nothing was changed.")
        assert await shown.ends() == 130
    assert files(world.folder) == {".env": b"# mine\n"}
    assert "Traceback" not in shown.screen


async def test_http_mode_takes_the_app_token_out(world: World) -> None:
    """Over HTTP the signing secret is asked for; the app token stays in the file as a comment."""
    await quiet("setup", "--non-interactive", *flags(world), folder=world.folder, env=hidden(world))
    async with terminal("setup", folder=world.folder, env={}) as shown:
        await shown.answers("(socket/http)", "http")
        await shown.sees("https://YOUR-HOST/slack/events")
        await shown.tells("Bot token", "")
        await shown.tells("Signing secret", "shhh")
        await keep(shown, *LAST)
        assert await shown.ends() == 0
    text = (world.folder / ".env").read_text()
    assert f"# SLACK_APP_TOKEN={world.env['SLACK_APP_TOKEN']}\n" in text
    assert load({}, env_file=world.folder / ".env", bridge_file=None).socket_mode is False


async def test_through_membrane_no_crisp_token_is_asked_for(world: World) -> None:
    """With a Membrane token the website and the connection are asked for and checked."""
    secrets = world.crisp.membrane_settings()
    env = {**where(world), **hidden(world), **secrets, "SLACK_CHANNEL": "C0GENERAL1"}
    del env["MEMBRANE_CONNECTION_ID"]
    async with terminal("setup", folder=world.folder, env=env) as shown:
        await keep(shown, "(socket/http)", "Bot token", "App token", "Number, name or id")
        await shown.answers("Website id", world.env["CRISP_WEBSITE_ID"])
        await shown.answers("Membrane connection", "conn_other")
        await shown.sees("MEMBRANE_CONNECTION_ID")
        await shown.answers("all the same?", "n")
        await shown.answers("Website id", "")
        await shown.answers("Membrane connection", secrets["MEMBRANE_CONNECTION_ID"])
        await keep(shown, "Shown by")
        assert await shown.ends() == 0
    assert secrets["MEMBRANE_TOKEN"] not in shown.screen
    assert_no_secret(world, shown.screen)


async def test_a_script_sets_up_and_the_bridge_starts(world: World) -> None:
    """From an empty folder, by flags and environment; then run needs nothing else."""
    code, out, err = await quiet(
        "setup", "--non-interactive", *flags(world), folder=world.folder, env=hidden(world)
    )
    assert (code, err) == (0, ""), out + err
    assert "Written: .env, bridge.toml." in out
    assert_no_secret(world, out)
    with (world.folder / "run.log").open("wb") as log:
        process = spawn("run", cwd=world.folder, env={}, stdout=log.fileno(), stderr=log.fileno())
    try:

        async def ready() -> bool:
            return await get_status(world.http_port, "/readyz") == 200

        await eventually(ready, what="the bridge to be ready")
    finally:
        process.terminate()
        assert await process.wait() == 0


async def test_a_script_can_set_up_again(world: World) -> None:
    """What was written is enough for doctor, and for a second time, which changes nothing."""
    await quiet("setup", "--non-interactive", *flags(world), folder=world.folder, env=hidden(world))
    written = files(world.folder)
    code, out, err = await quiet("doctor", folder=world.folder, env={})
    assert (code, err) == (0, ""), out
    code, out, err = await quiet("setup", "--non-interactive", folder=world.folder, env={})
    assert (code, err) == (0, ""), out
    assert "Nothing had to be changed." in out
    assert files(world.folder) == written


async def test_what_is_missing_is_a_sentence_each(world: World) -> None:
    """Exit code 2, the flag that sets it in each sentence, and nothing is written."""
    code, out, err = await quiet("setup", "--non-interactive", folder=world.folder, env={})
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert all(line.endswith(".") for line in lines)
    for flag in (
        "slack-bot-token", "slack-app-token", "slack-channel", "crisp-website-id",
        "crisp-token-identifier", "crisp-token-key",
    ):  # fmt: skip
        assert len([line for line in lines if f"(--{flag}" in line]) == 1, flag
    assert files(world.folder) == {}


async def test_secrets_from_files_stay_in_their_files(world: World) -> None:
    """.env names the file; a flag with the secret itself works and is warned of."""
    secret = world.folder / "key"
    secret.write_text(world.env["CRISP_TOKEN_KEY"])
    env = {
        k: v for k, v in hidden(world).items() if k not in {"CRISP_TOKEN_KEY", "SLACK_BOT_TOKEN"}
    }
    code, out, err = await quiet(
        "setup",
        "--non-interactive",
        *flags(world, CRISP_TOKEN_KEY_FILE="key", SLACK_BOT_TOKEN=world.env["SLACK_BOT_TOKEN"]),
        folder=world.folder,
        env=env,
    )
    assert code == 0, out + err
    assert "can read --slack-bot-token in the process list" in err
    assert_no_secret(world, out + err)
    written = dotenv_values(world.folder / ".env")
    assert written["CRISP_TOKEN_KEY_FILE"] == "key"
    assert "CRISP_TOKEN_KEY" not in written


async def test_what_is_wrong_is_refused_before_anything_is_written(world: World) -> None:
    """A wrong value and a broken bridge.toml are sentences, with exit code 2."""
    code, _, err = await quiet(
        "setup", "--non-interactive", *flags(world, SLACK_CHANNEL="#support"),
        folder=world.folder, env=hidden(world),
    )  # fmt: skip
    assert code == 2
    assert err.startswith("SLACK_CHANNEL must be a channel's id")
    assert files(world.folder) == {}
    (world.folder / "bridge.toml").write_text("[relay")
    code, _, err = await quiet("setup", "--non-interactive", folder=world.folder, env={})
    assert (code, "bridge.toml is not valid TOML" in err) == (2, True)


async def test_the_doctors_exit_code_is_setups(world: World) -> None:
    """What cannot be used is written as asked for, and the doctor says so with exit code 1."""
    env = {**hidden(world), "CRISP_TOKEN_KEY": "made-up"}
    code, out, _ = await quiet(
        "setup", "--non-interactive", *flags(world), folder=world.folder, env=env
    )
    assert code == 1
    assert "does not know this token" in out
    assert "starts the bridge" not in out


async def test_without_a_terminal_it_says_how(world: World) -> None:
    """Questions need a terminal; the sentence names the other way."""
    code, _, err = await quiet("setup", folder=world.folder, env={})
    assert (code, "--non-interactive" in err) == (2, True)


async def test_an_environment_that_wins_is_told(world: World) -> None:
    """A setting that the environment will override is named, not its value."""
    env = {**hidden(world), "SLACK_CHANNEL": "C0PRIVATE1"}
    code, _, err = await quiet(
        "setup", "--non-interactive", *flags(world), folder=world.folder, env=env
    )
    assert code == 0
    assert "The environment sets SLACK_CHANNEL too" in err
