"""A local Slack and a local Crisp, for the demo and the tests; imports nothing of the bridge."""
