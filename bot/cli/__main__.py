"""``python -m bot.cli``: the same as ``slack-crisp-bridge``, from a checkout."""

from bot.cli import main

main()
