"""Everything that speaks to Slack: Web API, Socket Mode, HTTP events."""
