"""A local Crisp: REST, RTM, web hooks and storage, with a control API to act in it.

Responsible for behaving as Crisp does, its nasty sides included. Imports nothing of the bridge.
"""

from bot.simulator.crisp.server import CrispSimulator
from bot.simulator.crisp.stage import ActError

__all__ = ["ActError", "CrispSimulator"]
