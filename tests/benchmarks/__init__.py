"""Tests of what decides in the benchmarks; none of a figure."""
