"""The demo's web page: both simulators and the bridge, played by whoever opens it."""

from bot.simulator.page.show import Show, ShowError, staged

__all__ = ["Show", "ShowError", "staged"]
