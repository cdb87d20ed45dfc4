"""A local Slack: Web API, Socket Mode, HTTP mode and a control API; see docs/simulator-slack.md."""

from bot.simulator.slack.server import SlackSimulator

__all__ = ["SlackSimulator"]
