"""How fast the bridge is, beside a plain script; see docs/performance.md."""
