"""Slack-Crisp bridge: each Crisp conversation is a thread in a Slack channel."""

__version__ = "0.1.0"
