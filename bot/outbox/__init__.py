"""Delivering: lanes, pacing, attempts and looks."""
