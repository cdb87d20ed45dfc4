"""The tests: each says its rule in one sentence."""
