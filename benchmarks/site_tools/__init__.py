"""A tools app for measurements: as many tools as are asked for, and one that reads a row."""
