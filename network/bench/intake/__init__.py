"""Measures how fast what was accepted is taken into PostgreSQL."""
