"""What the bridge does, one module per kind of thing that comes in."""
