"""The database schema, one SQL file per step; read with importlib.resources."""
